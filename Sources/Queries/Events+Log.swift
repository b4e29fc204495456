import EventLog
public import Events
import Projections
import State

/// Which events somebody wants to see.
public struct EventFilter: Sendable {
    public var repository: RepositoryID?
    /// Where the story began.
    public var correlation: LogPosition?
    /// Empty: all.
    public var kinds: Set<EventKind> = []
    /// The first position that counts, and the first one that does not.
    public var from = LogPosition(0)
    public var end: LogPosition?
    public var limit: Int?
    /// With a limit: the last ones, instead of the first.
    public var takesNewest = false
    /// How many are read at a time: what whoever is slow to take them keeps in memory.
    public var pageCount = EventFilter.defaultPageCount

    /// Events are looked up in pages of so many, so that no snapshot stays open while somebody is slow to read them.
    public static let defaultPageCount = 128

    public init() {}

    func matches(_ header: RecordHeader) -> Bool {
        if let repository, header.repository != repository { return false }
        if let correlation, header.correlation != correlation { return false }
        return kinds.isEmpty || kinds.contains { $0.rawValue == header.kind }
    }
}

extension Queries {
    /// Calls `body` with the events that a filter lets through, in their order. Uses the narrowest index that there is.
    ///
    /// - Returns: the position at which to go on for events that come later.
    @discardableResult
    public func forEachEvent(_ filter: EventFilter, _ body: (Envelope) throws -> Void) throws -> LogPosition {
        let end = min(filter.end ?? LogPosition(.max), LogPosition(try count))
        guard filter.from < end else { return end }
        if filter.takesNewest, let limit = filter.limit {
            var newest: [Envelope] = []
            try walk(filter, filter.from..<end, descending: true) { envelope in
                newest.append(envelope)
                return newest.count < limit
            }
            for envelope in newest.reversed() { try body(envelope) }
        } else {
            var left = filter.limit ?? .max
            guard left > 0 else { return end }
            try walk(filter, filter.from..<end, descending: false) { envelope in
                try body(envelope)
                left -= 1
                return left > 0
            }
        }
        return end
    }

    /// Whether the tenant may see an event, and a filter lets it through.
    public func shows(_ envelope: Envelope, _ filter: EventFilter) -> Bool {
        mayRead(envelope.header) && (envelope.header.domain != .webhooks || seesAllWebhooks)
            && filter.matches(envelope.header)
    }

    func walk(
        _ filter: EventFilter, _ range: Range<LogPosition>, descending: Bool, _ body: (Envelope) throws -> Bool
    ) throws {
        let indexes = indexes(for: filter)
        var range = range
        while !range.isEmpty {
            let positions = try positions(indexes, range, filter.pageCount, descending: descending)
            guard let last = positions.last else { return }
            range = descending ? range.lowerBound..<last : (last + 1)..<range.upperBound
            let page = try log.read { snapshot in
                var page: [Envelope] = []
                for position in positions {
                    guard let header = try snapshot.header(at: position), mayRead(header), filter.matches(header),
                        let envelope = try snapshot.envelope(at: position)
                    else { continue }
                    page.append(envelope)
                }
                return page
            }
            for envelope in page where try mayRead(envelope) {
                guard try body(envelope) else { return }
            }
        }
    }

    private func indexes(for filter: EventFilter) -> [LogIndex] {
        if let correlation = filter.correlation { return [.correlation(correlation)] }
        if let repository = filter.repository { return [.repository(repository)] }
        if !filter.kinds.isEmpty { return filter.kinds.map { .kind($0) } }
        // No index is needed to see everything.
        if seesEverything { return [] }
        return [.tenant(.none)] + (tenant.map { [.tenant($0.id)] } ?? [])
    }

    /// The next positions that stand in any of the indexes.
    private func positions(
        _ indexes: [LogIndex], _ range: Range<LogPosition>, _ pageCount: Int, descending: Bool
    ) throws -> [LogPosition] {
        if indexes.isEmpty {
            let (first, end) = (range.lowerBound.rawValue, range.upperBound.rawValue)
            let count = min(UInt64(pageCount), end - first)
            return descending
                ? (end - count..<end).reversed().map { LogPosition($0) }
                : (first..<first + count).map { LogPosition($0) }
        }
        let through = LogPosition(range.upperBound.rawValue - 1)
        var found: Set<LogPosition> = []
        try state.read { view in
            for index in indexes {
                var taken = 0
                try view.forEachPosition(index, from: range.lowerBound, through: through, descending: descending) {
                    position in
                    found.insert(position)
                    taken += 1
                    return taken < pageCount
                }
            }
        }
        let sorted = descending ? found.sorted(by: >) : found.sorted()
        return Array(sorted.prefix(pageCount))
    }
}
