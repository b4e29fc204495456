/// Memory that is used again and again for bytes on their way. Not initialized; grows, and never shrinks.
struct ScratchBuffer: ~Copyable {
    private(set) var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    init() {}

    deinit { bytes.deallocate() }

    /// At least `count` bytes. What stood in the buffer is lost where it has to grow.
    mutating func reserve(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if bytes.count < count {
            bytes.deallocate()
            bytes = .allocate(byteCount: count, alignment: 16)
        }
        return bytes
    }
}
