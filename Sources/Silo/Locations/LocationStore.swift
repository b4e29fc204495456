import Events

/// The location index: which blob stands where. A cache over the shards, that is made anew where it does not fit them.
protocol LocationStore: Sendable {
    func location(of key: LocationKey) throws(SiloError) -> Location?

    /// All locations that point into `shards`, by key. Looks at every location there is.
    func locations(in shards: Set<ShardID>) throws(SiloError) -> [(key: LocationKey, location: Location)]

    /// The shards that are in the index, by id.
    func shards() throws(SiloError) -> [ShardID: ShardRecord]

    /// Takes `change` in as one whole.
    func commit(_ change: LocationChange) throws(SiloError)

    /// Forgets everything.
    func clear() throws(SiloError)

    /// Whether as many locations are there as the records of the shards say.
    func isConsistent() throws(SiloError) -> Bool

    /// Nothing follows. Makes the index durable, so that it is believed after the machine has been started again.
    func close() throws(SiloError)
}

/// What is to be changed in the location index.
struct LocationChange: Sendable {
    /// New locations. Of several copies of a blob the one in the highest shard counts, then at the highest offset.
    var added: [(key: LocationKey, location: Location)] = []
    /// Where the copies were that those in `added` are made of: what is elsewhere by now, or forgotten, stays so. Nil: they
    /// are none.
    var copiedFrom: Set<ShardID>?
    var removed: [LocationKey] = []
    /// What is new about shards; their counts of blobs and bytes are the index's own, and are kept.
    var shards: [ShardRecord] = []
    /// Shards that are no more.
    var removedShards: [ShardID] = []

    /// Whether a location of `added` counts, where the index has `old`.
    func takes(_ location: Location, insteadOf old: Location?) -> Bool {
        if let copiedFrom { return old.map { copiedFrom.contains($0.shard) } ?? false }
        guard let old else { return true }
        return (old.shard, old.offset) <= (location.shard, location.offset)
    }
}

/// The counts that a change moves from shard to shard.
struct ShardCounts {
    private(set) var records: [ShardID: ShardRecord]

    /// The records as they are, with what `change` says of them.
    init(_ records: [ShardID: ShardRecord], _ change: LocationChange) {
        self.records = records
        for id in change.removedShards { self.records[id] = nil }
        for var shard in change.shards {
            if let old = records[shard.id] {
                shard.blobCount = old.blobCount
                shard.rawByteCount = old.rawByteCount
                shard.storedByteCount = old.storedByteCount
                shard.sha256 = shard.sha256 ?? old.sha256
            }
            self.records[shard.id] = shard
        }
    }

    mutating func add(_ location: Location) {
        records[location.shard]?.blobCount += 1
        records[location.shard]?.rawByteCount += location.byteCount
        records[location.shard]?.storedByteCount += location.storedByteCount
    }

    mutating func remove(_ location: Location) {
        records[location.shard]?.blobCount -= 1
        records[location.shard]?.rawByteCount -= location.byteCount
        records[location.shard]?.storedByteCount -= location.storedByteCount
    }
}
