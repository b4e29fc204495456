import Projections

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file of deltas, each table's sorted by key and of one key in the order of the log: length of the key (two bytes, in the
/// machine's order), interval (two), length of the delta (four), sequence (four), key, delta. ``RunSummary`` says what is where.
/// Its pages are mapped, and so not anonymous memory.
final class SpillRun: Sendable {
    private let mapping: Mapping
    let summary: RunSummary

    /// Sendable: nobody changes the pages, and the pointer is given back once.
    private struct Mapping: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer
    }

    private init(_ bytes: UnsafeRawBufferPointer, _ summary: RunSummary) {
        mapping = Mapping(bytes: bytes)
        self.summary = summary
    }

    deinit {
        if let base = mapping.bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: base), mapping.bytes.count)
        }
    }

    /// The deltas of a table; nil where there are none.
    func source(_ table: Table) -> RunSource? {
        let segment = summary.segments[table.index]
        return segment.isEmpty ? nil : RunSource(self, UnsafeRawBufferPointer(rebasing: mapping.bytes[segment]))
    }

    /// Sorts and writes the deltas into a new file in `directory`.
    ///
    /// - Parameters:
    ///   - granules: those that the deltas are of, all of them.
    ///   - name: of the file; nil: it has none, and goes with the process.
    static func write(
        _ deltas: Deltas, granules: [UInt32] = [], items: UInt64 = 0, keyUse: KeyUse = KeyUse(), in directory: String,
        named name: String? = nil
    ) throws(StateError) -> SpillRun {
        var template = Array("\(directory)/\(temporaryPrefix)XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Directories.failure("mkstemp", directory) }
        defer { close(descriptor) }
        if name == nil { guard unlink(template) == 0 else { throw Directories.failure("unlink", directory) } }
        var writer = RunWriter(descriptor: descriptor, directory: directory)
        var segments: [Range<Int>] = []
        for table in Table.allCases {
            let arena = deltas.arenas[table.index]
            let start = writer.byteCount
            let outcome = arena.bytes.withUnsafeBytes { bytes in
                Result { () throws(StateError) in
                    var source = ArenaSource(arena, bytes)
                    while !source.isAtEnd {
                        try writer.write(&source)
                        source.advance()
                    }
                }
            }
            try outcome.get()
            segments.append(start..<writer.byteCount)
        }
        let summary = RunSummary(
            segments: segments, sums: deltas.sums, granules: granules, items: items, keyUse: keyUse)
        let length = writer.byteCount
        if name != nil { try writer.write(summary.bytes) }
        try writer.flush()
        if let name {
            guard rename(template, Array("\(directory)/\(name)".utf8CString)) == 0 else {
                throw Directories.failure("rename", directory)
            }
        }
        return SpillRun(try map(descriptor, length, directory), summary)
    }

    /// A run that was written under a name.
    static func open(_ path: String) throws(StateError) -> SpillRun {
        let descriptor = openFile(path)
        guard descriptor >= 0 else { throw Directories.failure("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Directories.failure("fstat", path) }
        let bytes = try map(descriptor, Int(status.st_size), path)
        guard let summary = RunSummary(endOf: bytes) else {
            throw StateError(.damaged, "\(path) is no run of deltas; remove the directory and begin anew")
        }
        return SpillRun(bytes, summary)
    }

    static let temporaryPrefix = "run-new-"

    private static func map(
        _ descriptor: Int32, _ byteCount: Int, _ path: String
    ) throws(StateError) -> UnsafeRawBufferPointer {
        guard byteCount > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        guard let base = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw Directories.failure("mmap", path)
        }
        return UnsafeRawBufferPointer(start: base, count: byteCount)
    }
}

// `write` and `open` are the names of methods too.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

private func openFile(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC) }

private struct RunWriter {
    let descriptor: Int32
    let directory: String
    private(set) var byteCount = 0
    private var buffer: [UInt8] = []

    private static let bufferByteCount = 1 << 20

    init(descriptor: Int32, directory: String) {
        self.descriptor = descriptor
        self.directory = directory
        buffer.reserveCapacity(Self.bufferByteCount * 2)
    }

    mutating func write(_ source: inout ArenaSource) throws(StateError) {
        let (key, delta) = (source.key, source.delta)
        withUnsafeBytes(of: UInt16(key.count)) { buffer.append(contentsOf: $0) }
        withUnsafeBytes(of: source.interval) { buffer.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt32(delta.count)) { buffer.append(contentsOf: $0) }
        withUnsafeBytes(of: source.sequence) { buffer.append(contentsOf: $0) }
        buffer.append(contentsOf: key)
        buffer.append(contentsOf: delta)
        byteCount += RunSource.headerByteCount + key.count + delta.count
        if buffer.count >= Self.bufferByteCount { try flush() }
    }

    mutating func write(_ bytes: [UInt8]) throws(StateError) {
        buffer.append(contentsOf: bytes)
        byteCount += bytes.count
    }

    mutating func flush() throws(StateError) {
        var start = 0
        while start < buffer.count {
            let written = buffer[start...].withUnsafeBytes { writeBytes(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Directories.failure("write", directory) }
            start += written
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
