import Inflate

/// Hands out chosen objects of a pack one after the other, each as a stream of pieces whose hash is checked at its end.
/// Memory does not grow with an object that lies whole in the pack. Each base is made once.
///
/// The order is that of the pack, with the deltas over an object right behind it. One thread at a time:
///
///     let cursor = try ObjectCursor(pack) { $0.kind == .blob }
///     while let object = try cursor.next() {
///         while let done: Void = try cursor.nextPiece({ bytes in … }) { done }
///     }
public final class ObjectCursor {
    private enum Source {
        case none
        /// Lies whole in the pack, and fits `piece`.
        case whole(row: Int)
        case stream(row: Int, consumed: Int, produced: UInt64)
        case buffer(ObjectBuffer)
    }

    private let pack: Pack
    private let loader: ObjectLoader
    private let isWanted: [Bool]
    /// Only the links that lead to wanted objects.
    private let children: Children
    private var walk: DeltaWalk
    private var nextRow = 0
    private var source = Source.none
    private var current: PackedObject?
    private var inflater: Inflater
    private var hasher = ObjectHasher()
    private let checksHashes: Bool
    private let piece = ObjectBuffer(byteCount: pieceBytes)

    /// A larger object is handed out in pieces of this length.
    private static let pieceBytes = 1 << 20

    /// - Parameters:
    ///   - checksHashes: whether each object's hash is computed once more. Without it the objects are what was indexed
    ///     unless the file has changed since; for those who compute the hash themselves.
    ///   - isWanted: asked once for each object, in pack order.
    public init(_ pack: Pack, checksHashes: Bool = true, where isWanted: (PackedObject) throws -> Bool) throws {
        self.pack = pack
        self.checksHashes = checksHashes
        loader = try ObjectLoader(
            file: pack.file, limits: pack.limits, scratchDirectory: pack.scratchDirectory, bases: pack.bases)
        walk = DeltaWalk(loader: loader, limits: pack.limits)
        inflater = try Inflater()
        let wanted = try (0..<pack.objectCount).map { try isWanted(pack[$0]) }
        self.isWanted = wanted
        var bases = [UInt32](repeating: PackTable.noBase, count: pack.table.count)
        for row in wanted.indices where wanted[row] {
            var row = row
            while bases[row] == PackTable.noBase, pack.table.bases[row] != PackTable.noBase {
                bases[row] = pack.table.bases[row]
                row = Int(bases[row])
            }
        }
        children = Children(of: bases)
    }

    /// The next wanted object; nil after the last one. What was not read of the one before is left out.
    public func next() throws -> PackedObject? {
        current = nil
        source = .none
        while true {
            while let step = try walk.next(in: pack.table) {
                guard case .direct(let position) = step.position else { continue }
                let row = children[position]
                let object = try loader.apply(row, of: pack.table, to: step.base)
                push(row, object, depth: step.depth)
                if isWanted[row] { return begin(row, .buffer(object)) }
            }
            guard nextRow < children.count else { return nil }
            let row = nextRow
            nextRow += 1
            guard pack.table.bases[row] == PackTable.noBase else { continue }
            if children.range(of: row).isEmpty {
                guard row < isWanted.count, isWanted[row] else { continue }
                if pack.table.sizes[row] <= UInt64(Self.pieceBytes) { return begin(row, .whole(row: row)) }
                inflater.reset()
                return begin(row, .stream(row: row, consumed: 0, produced: 0))
            }
            let object = try loader.root(row, of: pack.table)
            push(row, object, depth: 0)
            if row < isWanted.count, isWanted[row] { return begin(row, .buffer(object)) }
        }
    }

    /// Lends the next bytes of the current object; nil at its end, once its hash is found right.
    ///
    /// - Throws: `hashMismatch`, other `GitFormatError`s, or what `body` throws.
    public func nextPiece<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result? {
        switch source {
        case .none:
            return nil
        case .buffer(let buffer):
            source = .none
            return try lastPiece(buffer.content, body)
        case .whole(let row):
            source = .none
            let output = UnsafeMutableRawBufferPointer(rebasing: piece.bytes[..<Int(pack.table.sizes[row])])
            try loader.inflate(row, of: pack.table, into: output)
            return try lastPiece(UnsafeRawBufferPointer(output), body)
        case .stream(let row, let consumed, let produced):
            let count = try expand(row, consumed, produced)
            let bytes = UnsafeRawBufferPointer(rebasing: piece.bytes[..<count])
            if case .none = source { return try lastPiece(bytes, body) }
            if checksHashes { hasher.update(bytes) }
            return bytes.isEmpty ? nil : try body(bytes)
        }
    }

    private func lastPiece<Result>(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result? {
        if checksHashes {
            hasher.update(bytes)
            try check()
        }
        return bytes.isEmpty ? nil : try body(bytes)
    }

    /// The whole of the current object, or what is left of it.
    ///
    /// - Throws: `limitExceeded` where the object has more than `maxBytes`, and what `nextPiece` throws.
    public func readAll(maxBytes: Int) throws -> [UInt8] {
        guard let current else { return [] }
        guard current.sizeBytes <= UInt64(maxBytes) else {
            throw GitFormatError(
                .limitExceeded, "the object has \(current.sizeBytes) bytes, above \(maxBytes)", object: current.id)
        }
        var content: [UInt8] = []
        content.reserveCapacity(Int(current.sizeBytes))
        while try nextPiece({ content.append(contentsOf: $0) }) != nil {}
        return content
    }

    private func begin(_ row: Int, _ source: Source) -> PackedObject {
        let object = pack[row]
        if checksHashes { hasher.begin(object.kind, sizeBytes: object.sizeBytes) }
        self.source = source
        current = object
        return object
    }

    private func push(_ row: Int, _ object: ObjectBuffer, depth: Int) {
        walk.push(
            row, object, pending: DeltaWalk.Pending(direct: children.range(of: row), byID: 0..<0), depth: depth)
    }

    private func check() throws {
        guard let current, hasher.finish() == current.id else {
            throw GitFormatError(
                .hashMismatch, "the pack's file has changed since it was indexed", object: current?.id)
        }
    }

    /// Fills `piece` from a whole object's stream; `source` becomes `none` at its end.
    private func expand(_ row: Int, _ consumed: Int, _ produced: UInt64) throws -> Int {
        let input = try loader.compressed(row, of: pack.table)
        let progress: Inflater.Progress
        do {
            progress = try inflater.step(UnsafeRawBufferPointer(rebasing: input[consumed...]), into: piece.bytes)
        } catch {
            throw changed(row)
        }
        let total = produced + UInt64(progress.producedBytes)
        let size = pack.table.sizes[row]
        guard progress.isFinished ? total == size : total <= size && progress.producedBytes > 0 else {
            throw changed(row)
        }
        source =
            progress.isFinished
            ? .none : .stream(row: row, consumed: consumed + progress.consumedBytes, produced: total)
        return progress.producedBytes
    }

    private func changed(_ row: Int) -> GitFormatError {
        GitFormatError(
            .malformedPack, "the pack's file has changed since it was indexed", offset: pack.table.offsets[row],
            object: pack.table.ids[row])
    }
}
