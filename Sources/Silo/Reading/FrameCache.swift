import Events
import Synchronization

/// A frame of small blobs, decoded, or the beginning of one.
final class DecodedFrame: Sendable {
    let blobs: [BlobEntry]
    /// The payload, as far as it was decoded.
    let bytes: [UInt8]
    let isWhole: Bool

    init(blobs: [BlobEntry], bytes: [UInt8], isWhole: Bool) {
        self.blobs = blobs
        self.bytes = bytes
        self.isWhole = isWhole
    }

    /// Where the content of the blob at `index` stands.
    func range(_ index: Int) -> Range<Int> {
        var start = 0
        for blob in blobs[..<index] { start += blob.byteCount }
        return start..<start + blobs[index].byteCount
    }
}

/// The frames that were read last. Files are read in the order in which they were stored, and so share frames; and
/// differences share what they are taken from.
final class FrameCache: Sendable {
    struct Key: Sendable, Hashable {
        var shard: ShardID
        var offset: UInt64
    }

    /// A place in the list of frames from the one used last to the one unused for longest.
    private struct Slot {
        var key: Key
        var frame: DecodedFrame?
        var newer: Int
        var older: Int
    }

    private struct State {
        var places: [Key: Int] = [:]
        /// Slot 0 is the list's two ends.
        var slots = [Slot(key: Key(shard: ShardID(rawValue: 0), offset: 0), frame: nil, newer: 0, older: 0)]
        var free: [Int] = []
        var byteCount = 0

        mutating func unlink(_ place: Int) {
            let (newer, older) = (slots[place].newer, slots[place].older)
            slots[newer].older = older
            slots[older].newer = newer
        }

        mutating func linkFirst(_ place: Int) {
            let first = slots[0].older
            slots[place].newer = 0
            slots[place].older = first
            slots[first].newer = place
            slots[0].older = place
        }

        mutating func remove(_ place: Int) {
            unlink(place)
            places[slots[place].key] = nil
            byteCount -= slots[place].frame.map(FrameCache.cost) ?? 0
            slots[place].frame = nil
            free.append(place)
        }
    }

    private let state = Mutex(State())
    private let maximumByteCount: Int

    init(maximumByteCount: Int) {
        self.maximumByteCount = maximumByteCount
    }

    private static func cost(_ frame: DecodedFrame) -> Int {
        frame.bytes.count + frame.blobs.count * MemoryLayout<BlobEntry>.stride
    }

    /// The frame, if as much of it is here as is wanted.
    func frame(_ key: Key, isEnough: (DecodedFrame) -> Bool) -> DecodedFrame? {
        state.withLock { state in
            guard let place = state.places[key], let frame = state.slots[place].frame, isEnough(frame) else {
                return nil
            }
            if state.slots[0].older != place {
                state.unlink(place)
                state.linkFirst(place)
            }
            return frame
        }
    }

    func insert(_ frame: DecodedFrame, _ key: Key) {
        let cost = Self.cost(frame)
        guard cost <= maximumByteCount else { return }
        state.withLock { state in
            if let place = state.places[key] {
                if let old = state.slots[place].frame, old.bytes.count >= frame.bytes.count { return }
                state.remove(place)
            }
            let slot = Slot(key: key, frame: frame, newer: 0, older: 0)
            let place: Int
            if let reused = state.free.popLast() {
                place = reused
                state.slots[place] = slot
            } else {
                place = state.slots.count
                state.slots.append(slot)
            }
            state.places[key] = place
            state.linkFirst(place)
            state.byteCount += cost
            while state.byteCount > maximumByteCount { state.remove(state.slots[0].newer) }
        }
    }

    /// Lets go of what was read of a shard.
    func removeAll(of shard: ShardID) {
        state.withLock { state in
            for (key, place) in state.places where key.shard == shard { state.remove(place) }
        }
    }
}
