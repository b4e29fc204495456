import Projections

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file of deltas, each table's sorted by key: length of the key and of the delta (four bytes each, in the machine's order),
/// key, delta. It has no name, so it goes with the process. Its pages are mapped, and so not anonymous memory.
final class SpillRun {
    private let bytes: UnsafeRawBufferPointer
    private let segments: [Range<Int>]

    private init(bytes: UnsafeRawBufferPointer, segments: [Range<Int>]) {
        self.bytes = bytes
        self.segments = segments
    }

    deinit {
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }

    /// The deltas of a table; nil where there are none.
    func source(_ table: Table) -> RunSource? {
        let segment = segments[table.index]
        return segment.isEmpty ? nil : RunSource(self, UnsafeRawBufferPointer(rebasing: bytes[segment]))
    }

    /// Sorts and writes the deltas into a new file in `directory`.
    static func write(_ deltas: Deltas, in directory: String) throws(StateError) -> SpillRun {
        var template = Array("\(directory)/run-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Directories.failure("mkstemp", directory) }
        defer { close(descriptor) }
        guard unlink(template) == 0 else { throw Directories.failure("unlink", directory) }
        var writer = RunWriter(descriptor: descriptor, directory: directory)
        var segments: [Range<Int>] = []
        for table in Table.allCases {
            let arena = deltas.arenas[table.index]
            let start = writer.byteCount
            let outcome = arena.bytes.withUnsafeBytes { bytes in
                Result { () throws(StateError) in
                    var source = ArenaSource(arena, bytes)
                    while !source.isAtEnd {
                        try writer.write(source.key, source.delta)
                        source.advance()
                    }
                }
            }
            try outcome.get()
            segments.append(start..<writer.byteCount)
        }
        try writer.flush()
        let count = writer.byteCount
        guard count > 0 else { return SpillRun(bytes: .init(start: nil, count: 0), segments: segments) }
        guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw Directories.failure("mmap", directory)
        }
        return SpillRun(bytes: UnsafeRawBufferPointer(start: base, count: count), segments: segments)
    }
}

// `write` is the name of the writer's method too.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

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

    mutating func write(_ key: UnsafeRawBufferPointer, _ delta: UnsafeRawBufferPointer) throws(StateError) {
        withUnsafeBytes(of: UInt32(key.count)) { buffer.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt32(delta.count)) { buffer.append(contentsOf: $0) }
        buffer.append(contentsOf: key)
        buffer.append(contentsOf: delta)
        byteCount += RunSource.headerByteCount + key.count + delta.count
        if buffer.count >= Self.bufferByteCount { try flush() }
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

/// The deltas of one table in a run.
struct RunSource: DeltaSource {
    // Holds the mapping.
    private let run: SpillRun
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private(set) var key = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var delta = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var isAtEnd = false

    static let headerByteCount = 8

    init(_ run: SpillRun, _ bytes: UnsafeRawBufferPointer) {
        self.run = run
        self.bytes = bytes
        advance()
    }

    mutating func advance() {
        guard offset < bytes.count else {
            isAtEnd = true
            return
        }
        let keyByteCount = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        let deltaByteCount = Int(bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
        let keyStart = offset + Self.headerByteCount
        key = UnsafeRawBufferPointer(rebasing: bytes[keyStart..<keyStart + keyByteCount])
        offset = keyStart + keyByteCount + deltaByteCount
        delta = UnsafeRawBufferPointer(rebasing: bytes[keyStart + keyByteCount..<offset])
    }
}

/// Several runs as one: by key, and of one key the earlier run first, so that the log's order is kept.
struct MergedSource: DeltaSource {
    /// A binary heap, the least in front. The number is that of the run.
    private var heap: [(source: RunSource, number: Int)]

    /// - Parameter sources: in the order of the log, none at its end.
    init(_ sources: [RunSource]) {
        heap = sources.enumerated().map { (source: $0.element, number: $0.offset) }
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    var isAtEnd: Bool { heap.isEmpty }
    var key: UnsafeRawBufferPointer { heap[0].source.key }
    var delta: UnsafeRawBufferPointer { heap[0].source.delta }

    mutating func advance() {
        heap[0].source.advance()
        if heap[0].source.isAtEnd {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
        }
        sink(0)
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let order = compareKeys(heap[left].source.key, heap[right].source.key)
        return order != 0 ? order < 0 : heap[left].number < heap[right].number
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
