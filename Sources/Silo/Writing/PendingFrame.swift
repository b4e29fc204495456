import Events

/// Which frame a blob is collected in.
struct FrameGroup: Hashable, Sendable {
    var domain: Domain
    /// Where the frame stands that theirs is to be a difference from; 0 and 0: none.
    var shard = ShardID(rawValue: 0)
    var base: UInt64 = 0
}

/// Blobs that are to share a frame, until it is written.
final class PendingFrame: @unchecked Sendable {
    // Sendable: it is changed with the writer's lock held until it is full, and not at all from then on.
    let domain: Domain
    /// The shard and the frame of it that theirs is to be a difference from.
    let base: (shard: ShardID, frame: FrameBase)?
    /// In the order in which frames were filled.
    var number = 0
    /// Goes up with each use of a frame that is being filled.
    var lastUse = 0
    /// Compressing does not keep up.
    var isUrgent = false
    /// Of the blob in it that had the most put with it.
    var burstByteCount = 0
    private(set) var blobs: [BlobEntry] = []
    private(set) var byteCount = 0
    private let capacity: Int
    private var memory: UnsafeMutableRawBufferPointer

    /// Most blobs of one frame, so that reading one of many tiny ones stays cheap.
    static let maximumBlobCount = 2048
    /// A frame of which little may come begins with this many bytes.
    private static let firstByteCount = 16 << 10

    init(domain: Domain, capacity: Int, base: (shard: ShardID, frame: FrameBase)? = nil) {
        self.domain = domain
        self.base = base
        self.capacity = max(capacity, 1)
        memory = .allocate(
            byteCount: base == nil ? self.capacity : min(self.capacity, Self.firstByteCount), alignment: 16)
    }

    deinit { memory.deallocate() }

    /// The contents, one after another.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<byteCount]) }

    func hasRoom(for count: Int) -> Bool {
        blobs.count < Self.maximumBlobCount && count <= capacity - byteCount
    }

    /// Takes a blob in, for which there is room.
    func append(_ entry: BlobEntry, _ content: UnsafeRawBufferPointer) {
        if content.count > memory.count - byteCount { grow(to: byteCount + content.count) }
        if let source = content.baseAddress {
            memory.baseAddress?.advanced(by: byteCount).copyMemory(from: source, byteCount: content.count)
        }
        byteCount += content.count
        blobs.append(entry)
    }

    private func grow(to count: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(capacity, max(count, 2 * memory.count)), alignment: 16)
        larger.copyMemory(from: bytes)
        memory.deallocate()
        memory = larger
    }

    /// The content of the blob at `index`.
    func content(_ index: Int) -> [UInt8] {
        let start = blobs[..<index].reduce(0) { $0 + $1.byteCount }
        return Array(bytes[start..<start + blobs[index].byteCount])
    }
}
