import EventLog
public import Events
import State

/// What the store held over time, worked out from the log.
public struct StorageHistory: Sendable {
    /// The end of a stretch of time.
    public struct Point: Sendable, Equatable {
        public var at: Timestamp
        /// Bytes of all file versions, and of distinct contents.
        public var logicalBytes: UInt64
        public var uniqueBytes: UInt64

        public var dedupRatio: Double { uniqueBytes == 0 ? 1 : Double(logicalBytes) / Double(uniqueBytes) }
    }

    /// The oldest first.
    public var points: [Point] = []
    /// How many times smaller the contents were in shards that were complete by then.
    public var compression: [(at: Timestamp, ratio: Double)] = []
    /// There are older events that were not looked at.
    public var isCut = false
    /// Events that were looked at.
    public var events = 0

    /// Events that are looked at, at most: each has up to 1,024 entries.
    public static let maximumEventCount = 1500
    /// Points that are given, at most.
    public static let maximumPointCount = 160

    public init() {}
}

extension Queries {
    /// What the store held over time; nil for somebody who sees no store.
    ///
    /// It begins with what the store holds now, and goes back through the newest events that changed it: so it costs the same
    /// however long the log is, and shows as much of the past as that reaches.
    public func storageHistory() throws -> StorageHistory? {
        guard seesStore, seesEverything else { return nil }
        let now = try statistics()
        var history = StorageHistory()
        var (logical, unique) = (Int64(now.logicalBytes), Int64(now.uniqueBytes))
        var points: [StorageHistory.Point] = []
        var filter = EventFilter()
        filter.kinds = [.itemsChanged, .versionsReleased, .versionsRestored, .blobsStored, .blobsDeleted]
        filter.pageCount = Self.historyPageCount
        try walk(filter, LogPosition(0)..<LogPosition(try count), descending: true) { envelope in
            // Contents come before the files that name them: between the two there is nothing to be compared.
            if envelope.event.kind != .blobsStored {
                points.append(
                    StorageHistory.Point(
                        at: envelope.header.time, logicalBytes: UInt64(max(0, logical)),
                        uniqueBytes: UInt64(max(0, unique))))
            }
            let change = Self.change(envelope.event)
            logical -= change.logical
            unique -= change.unique
            history.events += 1
            history.isCut = history.events == StorageHistory.maximumEventCount && envelope.position.rawValue > 0
            return history.events < StorageHistory.maximumEventCount
        }
        history.points = Self.thinned(points.reversed())
        history.compression = try compression()
        return history
    }

    /// Events that are in memory at one time; each may have a thousand entries.
    private static let historyPageCount = 16

    /// What an event added to the bytes of all versions, and to those of distinct contents.
    private static func change(_ event: Event) -> (logical: Int64, unique: Int64) {
        func sum(_ sizes: some Sequence<UInt64>) -> Int64 { sizes.reduce(0) { $0 &+ Int64(clamping: $1) } }
        switch event {
        case .itemsChanged(let event):
            return (
                sum(event.items.lazy.map { if case .upserted(_, _, let size) = $0.content { size } else { 0 } }), 0
            )
        case .versionsReleased(let event): return (-sum(event.versions.lazy.map(\.size)), 0)
        case .versionsRestored(let event): return (sum(event.versions.lazy.map(\.size)), 0)
        case .blobsStored(let event): return (0, sum(event.blobs.lazy.map(\.size)))
        case .blobsDeleted(let event): return (0, -sum(event.blobs.lazy.map(\.size)))
        default: return (0, 0)
        }
    }

    /// The last point of each of so many stretches of time.
    private static func thinned(_ points: [StorageHistory.Point]) -> [StorageHistory.Point] {
        guard let first = points.first, let last = points.last else { return [] }
        let span = max(1, last.at.microseconds - first.at.microseconds)
        let stretch = span / Int64(StorageHistory.maximumPointCount - 1) + 1
        var result: [StorageHistory.Point] = []
        for point in points {
            let number = (point.at.microseconds - first.at.microseconds) / stretch
            if let known = result.last, (known.at.microseconds - first.at.microseconds) / stretch == number {
                result.removeLast()
            }
            result.append(point)
        }
        return result
    }

    /// Of all shards that were complete at a time; webhooks apart.
    private func compression() throws -> [(at: Timestamp, ratio: Double)] {
        var filter = EventFilter()
        filter.kinds = [.shardSealed]
        filter.limit = StorageHistory.maximumPointCount
        filter.takesNewest = true
        var (logical, stored) = (0.0, 0.0)
        var result: [(at: Timestamp, ratio: Double)] = []
        try forEachEvent(filter) { envelope in
            guard case .shardSealed(let shard) = envelope.event, envelope.header.domain != .webhooks else { return }
            logical += Double(shard.logicalBytes)
            stored += Double(shard.byteCount)
            result.append((envelope.header.time, stored == 0 ? 1 : logical / stored))
        }
        return result
    }
}
