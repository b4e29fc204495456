/// The deltas of one table in a run.
struct RunSource: DeltaSource {
    // Holds the mapping.
    private let run: SpillRun
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private(set) var key = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var delta = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var interval: UInt16 = 0
    private(set) var sequence: UInt32 = 0
    private(set) var isAtEnd = false

    static let headerByteCount = 12

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
        let keyByteCount = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        interval = bytes.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self)
        let deltaByteCount = Int(bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
        sequence = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self)
        let keyStart = offset + Self.headerByteCount
        key = UnsafeRawBufferPointer(rebasing: bytes[keyStart..<keyStart + keyByteCount])
        offset = keyStart + keyByteCount + deltaByteCount
        delta = UnsafeRawBufferPointer(rebasing: bytes[keyStart + keyByteCount..<offset])
    }
}

/// Several runs as one: by key, and of one key in the order of the log.
struct MergedSource: DeltaSource {
    /// A binary heap, the least in front. The number is that of the run.
    private var heap: [(source: RunSource, number: Int)]

    /// - Parameter sources: none at its end. Of those that have parts of the log in common the earlier comes first.
    init(_ sources: [RunSource]) {
        heap = sources.enumerated().map { (source: $0.element, number: $0.offset) }
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    var isAtEnd: Bool { heap.isEmpty }
    var key: UnsafeRawBufferPointer { heap[0].source.key }
    var delta: UnsafeRawBufferPointer { heap[0].source.delta }
    var interval: UInt16 { heap[0].source.interval }
    var sequence: UInt32 { heap[0].source.sequence }

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
        if order != 0 { return order < 0 }
        return (heap[left].source.sequence, heap[left].number) < (heap[right].source.sequence, heap[right].number)
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
