import Events

/// Blobs that are to share a frame, until it is written.
final class PendingFrame: @unchecked Sendable {
    // Sendable: it is changed with the writer's lock held until it is full, and not at all from then on.
    let domain: Domain
    /// In the order in which frames were filled.
    var number = 0
    private(set) var blobs: [BlobEntry] = []
    private(set) var byteCount = 0
    private let memory: UnsafeMutableRawBufferPointer

    /// Most blobs of one frame, so that reading one of many tiny ones stays cheap.
    static let maximumBlobCount = 2048

    init(domain: Domain, capacity: Int) {
        self.domain = domain
        memory = .allocate(byteCount: max(capacity, 1), alignment: 16)
    }

    deinit { memory.deallocate() }

    /// The contents, one after another.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<byteCount]) }

    func hasRoom(for count: Int) -> Bool {
        blobs.count < Self.maximumBlobCount && count <= memory.count - byteCount
    }

    /// Takes a blob in, for which there is room.
    func append(_ entry: BlobEntry, _ content: UnsafeRawBufferPointer) {
        if let source = content.baseAddress {
            memory.baseAddress?.advanced(by: byteCount).copyMemory(from: source, byteCount: content.count)
        }
        byteCount += content.count
        blobs.append(entry)
    }

    /// The content of the blob at `index`.
    func content(_ index: Int) -> [UInt8] {
        let start = blobs[..<index].reduce(0) { $0 + $1.byteCount }
        return Array(bytes[start..<start + blobs[index].byteCount])
    }
}
