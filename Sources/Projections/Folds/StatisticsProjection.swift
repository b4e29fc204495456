public import Events

/// Sums for each tenant: events, item versions, bytes of all file versions; those that are not kept any more left out.
public enum StatisticsProjection: Projection {
    public static let name = "statistics"
    public static let version: UInt32 = 2
    /// Version 1 counted what is not kept any more.
    public static let rowsReadableSince: UInt32 = 1
    public static let tables: [Table] = [.statistics]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        var counters = Counters(1)
        switch envelope.event {
        case .itemsChanged(let event):
            counters.values[1] = UInt64(event.items.count)
            for item in event.items {
                if case .upserted(_, _, let size) = item.content { counters.values[2] &+= size }
            }
        case .versionsReleased(let event):
            counters.values[1] = 0 &- UInt64(event.versions.count)
            for version in event.versions { counters.values[2] &-= version.size }
        case .versionsRestored(let event):
            counters.values[1] = UInt64(event.versions.count)
            for version in event.versions { counters.values[2] &+= version.size }
        default: break
        }
        deltas.add(.statistics, key: envelope.header.tenant.rawValue, counters)
    }
}
