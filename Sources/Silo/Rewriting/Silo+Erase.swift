public import Events

extension Silo {
    /// Locations that are forgotten in one transaction.
    private static let forgottenAtOnce = 65_536

    /// Deletes all that there is of a domain. Cut, it is called again. Nothing may be put there meanwhile.
    ///
    /// - Returns: the shards that went.
    /// - Throws: `SiloError`; `.busy` while a stream is being written there.
    @discardableResult
    public func erase(_ domain: Domain) throws(SiloError) -> [ShardID] {
        let writer = try writer
        _ = try writer.seal(domain)
        let shards = try locations.shards().values.filter { $0.domain == domain && !$0.isDropped }.map(\.id).sorted()
        guard !shards.isEmpty else { return [] }
        let keys = try locations.locations(in: Set(shards)).map { $0.key }
        for start in stride(from: 0, to: keys.count, by: Self.forgottenAtOnce) {
            let end = min(keys.count, start + Self.forgottenAtOnce)
            try locations.commit(LocationChange(removed: Array(keys[start..<end])))
        }
        try delete(shards)
        return shards
    }
}
