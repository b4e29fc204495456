import Events
import Hummingbird
import Projections
import Queries

/// `/v1/events`: what happened, and goes on happening.
struct EventRoutes: Sendable {
    let backend: APIBackend
    let streams: StreamBudget
    let authenticator: Authenticator
    let limits: ServerLimits

    private static let parameters = ["from", "kind", "repository", "limit", "follow"]
    /// Events that one page of a stream reads at most: what a slow reader keeps in memory.
    private static let pageCount = 16

    var routes: [Route] { [Route(.get, "/v1/events", .token, stream)] }

    /// Answers with newline-delimited JSON up to the present, or further with `follow`; with Server-Sent Events, which follow,
    /// where that is what is accepted.
    private func stream(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow(Self.parameters)
        let queries = try backend.queries(for: exchange)
        let isSSE = exchange.accepts("text/event-stream")
        let filter = try Self.filter(exchange, queries)
        let stream = EventStream(
            queries: queries, filter: filter, format: isSSE ? .serverSentEvents : .lines,
            follows: try isSSE || exchange.query.flag("follow"), pollSeconds: limits.followSeconds,
            heartbeatSeconds: limits.heartbeatSeconds,
            isAllowed: { [authenticator, caller = exchange.caller] in
                try authenticator.isValid(caller)
            })
        return stream.response(place: try streams.take(exchange.caller), executor: backend.executor)
    }

    static func filter(_ exchange: Exchange, _ queries: Queries) throws -> EventFilter {
        var filter = EventFilter()
        filter.pageCount = pageCount
        for name in try exchange.query.texts("kind") {
            guard let kind = EventKind(name: name) else {
                throw Problem.malformed(
                    "kind has to be one of \(EventKind.allCases.map(\.name).joined(separator: ", "))")
            }
            filter.kinds.insert(kind)
        }
        if let number = try exchange.query.number("repository", in: 0...UInt64.max) {
            guard let row = try queries.repository(RepositoryID(number)) else { throw RepositoryRoutes.unknown }
            filter.repository = row.id
        }
        if let from = try exchange.query.number("from") { filter.from = LogPosition(from) }
        filter.limit = try exchange.query.number("limit").map { Int($0) }
        if let last = exchange.request.headers[.lastEventID] {
            guard !last.isEmpty, last.utf8.allSatisfy({ (48...57).contains($0) }), let position = UInt64(last),
                position < .max
            else {
                throw Problem.malformed("Last-Event-ID has to be the position of an event")
            }
            filter.from = LogPosition(position + 1)
        }
        return filter
    }
}
