/// A shard's file read forwards, with what comes next read ahead.
struct FileWindow: ~Copyable {
    let file: ShardFile
    /// Nothing is read from here on.
    let end: UInt64
    private let readAheadByteCount: Int
    private var memory = ScratchBuffer()
    private var start: UInt64 = 0
    private var count = 0

    /// Of a scan that reads every byte; one that only looks at heads takes less.
    static let fullReadAheadByteCount = 1 << 20
    static let headReadAheadByteCount = 4 << 10

    init(_ file: ShardFile, end: UInt64, readAheadByteCount: Int = Self.fullReadAheadByteCount) {
        self.file = file
        self.end = end
        self.readAheadByteCount = readAheadByteCount
    }

    /// The `count` bytes at `offset`; nil where fewer are left. Valid until the next call.
    mutating func bytes(_ count: Int, at offset: UInt64) throws(SiloError) -> UnsafeRawBufferPointer? {
        guard offset <= end, UInt64(count) <= end - offset else { return nil }
        if offset < start || offset + UInt64(count) > start + UInt64(self.count) {
            try fill(at: offset, atLeast: count)
            guard self.count >= count else { return nil }
        }
        return held(count, at: offset)
    }

    /// What the window holds at `offset`, filled again where that is nothing; empty at the end.
    mutating func next(at offset: UInt64) throws(SiloError) -> UnsafeRawBufferPointer? {
        guard offset < end else { return nil }
        if offset < start || offset >= start + UInt64(count) { try fill(at: offset, atLeast: 1) }
        return held(count - Int(offset - start), at: offset)
    }

    private func held(_ count: Int, at offset: UInt64) -> UnsafeRawBufferPointer {
        let first = Int(offset - start)
        return UnsafeRawBufferPointer(rebasing: memory.bytes[first..<first + count])
    }

    private mutating func fill(at offset: UInt64, atLeast wanted: Int) throws(SiloError) {
        let target = memory.reserve(max(wanted, readAheadByteCount))
        let most = Int(min(UInt64(target.count), end - offset))
        start = offset
        count = 0
        count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: target[..<most]), at: offset)
    }
}
