import Events
import Glibc
import Queries
import Silo

/// `cat --batch`: answers names from standard input in their order. What waits there already is read by several threads at
/// once; before it waits for more, everything that was asked for is on its way.
struct BatchOutput: Sendable {
    let names: ContentNames

    /// Most names that are answered together, and most bytes of their contents: memory is bounded by a few times that.
    private static let maximumCount = 2048
    private static let maximumByteCount = 32 << 20
    /// Fewer are not worth a second thread.
    private static let leastCountPerThread = 8

    private struct Item {
        let name: [UInt8]
        /// Nil: there is none.
        let content: FoundContent?
    }

    func run() async throws {
        var input = LineInput(STDIN_FILENO)
        while let name = try input.next() {
            var items = [try item(name)]
            var byteCount = items[0].content?.byteCount ?? 0
            while items.count < Self.maximumCount, byteCount < Self.maximumByteCount, input.hasLine,
                let name = try input.next()
            {
                items.append(try item(name))
                byteCount += items.last?.content?.byteCount ?? 0
            }
            try await answer(items)
            if !input.hasLine { try names.context.output.flush() }
        }
    }

    private func item(_ name: [UInt8]) throws -> Item {
        do {
            guard !name.isEmpty else { return Item(name: name, content: nil) }
            return Item(name: name, content: try names.store.queries.find(try names.hash(ByteArgument(name))))
        } catch is CommandError {
            return Item(name: name, content: nil)
        } catch is QueryError {
            return Item(name: name, content: nil)
        }
    }

    private func answer(_ items: [Item]) async throws {
        let threads = min(Processors.count, items.count / Self.leastCountPerThread)
        // One at a time where a content may be large: it is handed on in pieces.
        guard threads > 1, items.allSatisfy({ ($0.content?.byteCount ?? 0) <= Self.maximumByteCount }) else {
            for item in items { try write(item) { try names.context.output.write($0) } }
            return
        }
        // Neighbours in the store are decoded together, so each thread gets a stretch of it.
        let order = items.indices.sorted { Self.isBefore(items[$0].content?.place, items[$1].content?.place) }
        let share = (order.count + threads - 1) / threads
        let slices = stride(from: 0, to: order.count, by: share).map { order[$0..<min($0 + share, order.count)] }
        let answers = try await withThrowingTaskGroup(of: [(Int, [UInt8])].self) { group in
            for slice in slices {
                group.addTask { try slice.map { index in (index, try answer(items[index])) } }
            }
            var answers = [[UInt8]](repeating: [], count: items.count)
            for try await part in group {
                for (index, answer) in part { answers[index] = answer }
            }
            return answers
        }
        for answer in answers { try names.context.output.write(answer) }
    }

    private static func isBefore(_ left: BlobPlace?, _ right: BlobPlace?) -> Bool {
        guard let left, let right else { return left != nil && right == nil }
        return left < right
    }

    private func answer(_ item: Item) throws -> [UInt8] {
        var answer: [UInt8] = []
        answer.reserveCapacity((item.content?.byteCount ?? 0) + item.name.count + Self.headByteCount)
        try write(item) { answer.append(contentsOf: $0) }
        return answer
    }

    /// Bytes around a content: its id, its size.
    private static let headByteCount = 72

    private func write(_ item: Item, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        func text(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes(body) }
        guard let content = item.content else { return try text(item.name + Array(" missing\n".utf8)) }
        try text(Array("\(content.hash.hex) blob \(content.byteCount)\n".utf8))
        try names.store.queries.content(content, body)
        try text([UInt8(ascii: "\n")])
    }
}

/// The lines of a descriptor, without their line feeds.
struct LineInput {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    /// A longer line is none of those that are expected here.
    static let maximumLineByteCount = 1 << 16

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Whether the next line is here already.
    var hasLine: Bool { buffer[start...].contains(UInt8(ascii: "\n")) }

    /// The next line; waits for it. Nil at the end.
    ///
    /// - Throws: ``CommandError``.
    mutating func next() throws -> [UInt8]? {
        while true {
            if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            if isAtEnd {
                defer { start = buffer.count }
                return start < buffer.count ? Array(buffer[start...]) : nil
            }
            try fill()
        }
    }

    private mutating func fill() throws {
        buffer.removeFirst(start)
        start = 0
        guard buffer.count <= Self.maximumLineByteCount else {
            throw CommandError("standard input has a line of more than \(Self.maximumLineByteCount) bytes")
        }
        var piece = [UInt8](repeating: 0, count: Self.maximumLineByteCount)
        let count = read(descriptor, &piece, piece.count)
        if count < 0 && errno == EINTR { return }
        guard count >= 0 else {
            throw CommandError("standard input cannot be read: \(String(cString: strerror(errno)))")
        }
        if count == 0 { isAtEnd = true } else { buffer.append(contentsOf: piece[..<count]) }
    }
}

/// The processors of this machine.
enum Processors {
    /// Those that this process may use.
    static let count = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}
