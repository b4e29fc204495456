import Events
import Synchronization

/// A frame of small blobs, decoded and checked.
final class DecodedFrame: Sendable {
    let blobs: [BlobEntry]
    let bytes: [UInt8]

    init(blobs: [BlobEntry], bytes: [UInt8]) {
        self.blobs = blobs
        self.bytes = bytes
    }

    /// Where the content of the blob at `index` stands.
    func range(_ index: Int) -> Range<Int> {
        let start = blobs[..<index].reduce(0) { $0 + $1.byteCount }
        return start..<start + blobs[index].byteCount
    }
}

/// The frames that were read last. Files are read in the order in which they were stored, and so share frames.
final class FrameCache: Sendable {
    struct Key: Sendable, Hashable {
        var shard: ShardID
        var offset: UInt64
    }

    private struct State {
        var frames: [Key: DecodedFrame] = [:]
        /// From the longest unused to the one used last.
        var order: [Key] = []
        var byteCount = 0
    }

    private let state = Mutex(State())
    private let maximumByteCount: Int

    init(maximumByteCount: Int) {
        self.maximumByteCount = maximumByteCount
    }

    func frame(_ key: Key) -> DecodedFrame? {
        state.withLock { state in
            guard let frame = state.frames[key] else { return nil }
            if state.order.last != key, let index = state.order.firstIndex(of: key) {
                state.order.remove(at: index)
                state.order.append(key)
            }
            return frame
        }
    }

    func insert(_ frame: DecodedFrame, _ key: Key) {
        guard frame.bytes.count <= maximumByteCount else { return }
        state.withLock { state in
            guard state.frames.updateValue(frame, forKey: key) == nil else { return }
            state.order.append(key)
            state.byteCount += frame.bytes.count
            while state.byteCount > maximumByteCount, let oldest = state.order.first {
                state.order.removeFirst()
                state.byteCount -= state.frames.removeValue(forKey: oldest)?.bytes.count ?? 0
            }
        }
    }
}
