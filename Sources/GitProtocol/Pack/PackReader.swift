/// Reads objects of a pack by id, in any order. One thread at a time; make one for each.
public final class PackReader {
    private let pack: Pack
    private let loader: ObjectLoader
    private var hasher = ObjectHasher()
    /// Bases that were made lately, and the order in which they came.
    private var recent: [Int: ObjectBuffer] = [:]
    private var order: [Int] = []
    private var orderStart = 0
    private var recentBytes = 0

    /// - Throws: where zlib has no memory for its state.
    public init(_ pack: Pack) throws {
        self.pack = pack
        loader = try ObjectLoader(
            file: pack.file, limits: pack.limits, scratchDirectory: pack.scratchDirectory, bases: pack.bases)
    }

    /// An object's kind and content, its hash checked once more.
    ///
    /// - Parameter maxBytes: refuses a greater object before it is made.
    /// - Throws: `missingObject` where the pack does not hold it, `limitExceeded`, other `GitFormatError`s.
    public func read(_ id: ObjectID, maxBytes: Int) throws -> RawObject {
        guard let row = pack.index(of: id), let kind = pack.table.kinds[row] else {
            throw GitFormatError(.missingObject, "the pack does not hold the object", object: id)
        }
        guard pack.table.sizes[row] <= UInt64(maxBytes) else {
            throw GitFormatError(
                .limitExceeded, "the \(kind) has \(pack.table.sizes[row]) bytes, above \(maxBytes)", object: id)
        }
        let buffer = try make(row)
        guard hasher.hash(kind, buffer.content) == id else {
            throw GitFormatError(
                .hashMismatch, "the pack's file has changed since it was indexed", offset: pack.table.offsets[row],
                object: id)
        }
        return RawObject(kind: kind, content: [UInt8](buffer.content))
    }

    private func make(_ row: Int) throws -> ObjectBuffer {
        var chain: [Int] = []
        var current = row
        while recent[current] == nil, pack.table.bases[current] != PackTable.noBase {
            chain.append(current)
            current = Int(pack.table.bases[current])
        }
        var buffer: ObjectBuffer
        if let held = recent[current] {
            buffer = held
        } else {
            buffer = try loader.root(current, of: pack.table)
            if !chain.isEmpty { keep(current, buffer) }
        }
        for row in chain.reversed() {
            buffer = try loader.apply(row, of: pack.table, to: buffer)
            keep(row, buffer)
        }
        return buffer
    }

    private func keep(_ row: Int, _ buffer: ObjectBuffer) {
        guard buffer.bytes.count <= pack.limits.baseCacheBytes / 4 else { return }
        recent[row] = buffer
        order.append(row)
        recentBytes += buffer.bytes.count
        while recentBytes > pack.limits.baseCacheBytes, orderStart < order.count {
            if let dropped = recent.removeValue(forKey: order[orderStart]) { recentBytes -= dropped.bytes.count }
            orderStart += 1
        }
        if orderStart > 1 << 12 {
            order.removeFirst(orderStart)
            orderStart = 0
        }
    }
}
