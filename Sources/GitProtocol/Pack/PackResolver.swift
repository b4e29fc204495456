/// Makes every delta of a scanned pack once, to learn its kind and id.
struct PackResolver: ~Copyable {
    private var table: PackTable
    private let loader: ObjectLoader
    private let limits: PackLimits
    private let observer: (any PackObserver)?
    /// By base id, so that the deltas over one base are neighbours.
    private let references: [(base: ObjectID, row: Int)]
    private let direct: Children
    private var hasher = ObjectHasher()

    private init(_ table: PackTable, loader: ObjectLoader, limits: PackLimits, observer: (any PackObserver)?) {
        self.table = table
        self.loader = loader
        self.limits = limits
        self.observer = observer
        references = table.references.sorted { ($0.base, $0.row) < ($1.base, $1.row) }
        direct = Children(of: table.bases)
    }

    /// The table with every kind, id and base filled in, and rows for the bases from outside.
    ///
    /// - Throws: what `ObjectLoader` throws, `missingBase`, `limitExceeded`, or the observer's error.
    static func resolve(
        _ table: PackTable, loader: ObjectLoader, limits: PackLimits, observer: (any PackObserver)?
    ) throws -> PackTable {
        var resolver = Self(table, loader: loader, limits: limits, observer: observer)
        try resolver.resolveInside()
        try resolver.resolveOutside()
        return resolver.table
    }

    private mutating func resolveInside() throws {
        for row in 0..<direct.count where table.storages[row] == .whole {
            let pending = pending(over: row)
            if !pending.isEmpty { try resolve(over: row, loader.root(row, of: table), pending) }
        }
    }

    private mutating func resolveOutside() throws {
        var index = 0
        while index < references.count {
            let id = references[index].base
            let group = group(of: id)
            index = group.upperBound
            guard group.contains(where: { table.kinds[references[$0].row] == nil }),
                let object = try loader.external(id)
            else { continue }
            let row = table.count
            table.appendExternal(id: id, kind: object.kind, size: UInt64(object.content.count))
            try resolve(
                over: row, loader.buffer(copying: object.content), DeltaWalk.Pending(direct: 0..<0, byID: group))
        }
        if let lost = references.first(where: { table.kinds[$0.row] == nil }) {
            throw GitFormatError(
                .missingBase, "a delta's base is neither in the pack nor known here", offset: table.offsets[lost.row],
                object: lost.base)
        }
    }

    private mutating func resolve(over root: Int, _ content: ObjectBuffer, _ pending: DeltaWalk.Pending) throws {
        guard let kind = table.kinds[root] else { return }
        var walk = DeltaWalk(loader: loader, limits: limits)
        walk.push(root, content, pending: pending, depth: 0)
        while let step = try walk.next(in: table) {
            let row =
                switch step.position {
                case .direct(let position): direct[position]
                case .byID(let position): references[position].row
                }
            // Twins in the pack share their reference deltas; the first one made them.
            guard table.kinds[row] == nil else { continue }
            let object = try loader.apply(row, of: table, to: step.base)
            let id = hasher.hash(kind, object.content)
            table.bases[row] = UInt32(step.baseRow)
            table.kinds[row] = kind
            table.ids[row] = id
            if let observer {
                try observer.begin(kind, sizeBytes: table.sizes[row])
                if !object.content.isEmpty { try observer.take(object.content) }
                try observer.end(id)
            }
            walk.push(row, object, pending: self.pending(over: row), depth: step.depth)
        }
    }

    private func pending(over row: Int) -> DeltaWalk.Pending {
        DeltaWalk.Pending(direct: direct.range(of: row), byID: group(of: table.ids[row]))
    }

    /// Positions in `references` of the deltas over one base.
    private func group(of id: ObjectID) -> Range<Int> {
        if references.isEmpty { return 0..<0 }
        let start = lowerBound { $0 < id }
        return start..<lowerBound { $0 <= id }
    }

    private func lowerBound(_ isBefore: (ObjectID) -> Bool) -> Int {
        var low = 0
        var high = references.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(references[middle].base) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
