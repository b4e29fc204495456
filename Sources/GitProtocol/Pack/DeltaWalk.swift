/// Visits the deltas over one root so that each base is made once: depth first, with a stack of its own (a chain may be
/// thousands of deltas long). Bases on the stack are kept up to a limit of memory; beyond it the ones nearest to the
/// root are dropped, and made again where they are still needed.
struct DeltaWalk {
    /// Rows whose base a frame is: two ranges, as they come from two indexes while reference deltas are being found.
    struct Pending {
        var direct: Range<Int>
        var byID: Range<Int>

        var isEmpty: Bool { direct.isEmpty && byID.isEmpty }
    }

    private struct Frame {
        let row: Int
        var buffer: ObjectBuffer?
        var pending: Pending
        let depth: Int
    }

    /// The next delta, and its base's position in the chain.
    struct Step {
        let position: Position
        let baseRow: Int
        let base: ObjectBuffer
        /// Number of deltas up to and with this one.
        let depth: Int
    }

    /// Where the child stands in its index.
    enum Position {
        case direct(Int)
        case byID(Int)
    }

    private let loader: ObjectLoader
    private let limits: PackLimits
    private var stack: [Frame] = []
    private var heldBytes = 0

    init(loader: ObjectLoader, limits: PackLimits) {
        self.loader = loader
        self.limits = limits
    }

    /// Adds an object that has children. Only its parent's frame may be the last one.
    mutating func push(_ row: Int, _ buffer: ObjectBuffer, pending: Pending, depth: Int) {
        guard !pending.isEmpty else { return }
        stack.append(Frame(row: row, buffer: buffer, pending: pending, depth: depth))
        heldBytes += buffer.bytes.count
        var index = 0
        while heldBytes > limits.baseCacheBytes, index < stack.count - 1 {
            if let buffer = stack[index].buffer {
                heldBytes -= buffer.bytes.count
                stack[index].buffer = nil
            }
            index += 1
        }
    }

    /// The next delta to make; nil where the root's tree is done.
    mutating func next(in table: PackTable) throws -> Step? {
        guard let top = stack.indices.last else { return nil }
        let buffer = try stack[top].buffer ?? remake(stack[top].row, in: table)
        let position: Position
        if let child = stack[top].pending.direct.popFirst() {
            position = .direct(child)
        } else if let child = stack[top].pending.byID.popFirst() {
            position = .byID(child)
        } else {
            preconditionFailure("a frame without children is never kept")
        }
        let step = Step(
            position: position, baseRow: stack[top].row, base: buffer, depth: stack[top].depth + 1)
        guard step.depth <= limits.maxChainDepth else {
            throw GitFormatError(
                .limitExceeded, "a chain of deltas is longer than maxChainDepth (\(limits.maxChainDepth))",
                offset: table.offsets[step.baseRow])
        }
        if stack[top].pending.isEmpty {
            // The last child does not need the frame, so a mere chain never holds more than two objects.
            if let held = stack[top].buffer { heldBytes -= held.bytes.count }
            stack.removeLast()
        } else if stack[top].buffer == nil {
            stack[top].buffer = buffer
            heldBytes += buffer.bytes.count
        }
        return step
    }

    /// Makes a dropped object again, from the nearest ancestor that is still held.
    private func remake(_ row: Int, in table: PackTable) throws -> ObjectBuffer {
        let held = stack.last { $0.buffer != nil }
        var chain: [Int] = []
        var current = row
        while current != held?.row, table.bases[current] != PackTable.noBase {
            chain.append(current)
            current = Int(table.bases[current])
        }
        var buffer = try held?.buffer ?? loader.root(current, of: table)
        for row in chain.reversed() { buffer = try loader.apply(row, of: table, to: buffer) }
        return buffer
    }
}

extension Range<Int> {
    fileprivate mutating func popFirst() -> Int? {
        guard lowerBound < upperBound else { return nil }
        defer { self = lowerBound + 1..<upperBound }
        return lowerBound
    }
}
