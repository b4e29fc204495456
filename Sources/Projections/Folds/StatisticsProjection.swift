public import Events

/// Sums for each tenant: events, item versions, bytes of all file versions.
public enum StatisticsProjection: Projection {
    public static let name = "statistics"
    public static let version: UInt32 = 1
    public static let tables: [Table] = [.statistics]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        var counters = Counters(1)
        if case .itemsChanged(let event) = envelope.event {
            counters.values[1] = UInt64(event.items.count)
            for item in event.items {
                if case .upserted(_, _, let size) = item.content { counters.values[2] &+= size }
            }
        }
        deltas.add(.statistics, key: envelope.header.tenant.rawValue, counters)
    }
}
