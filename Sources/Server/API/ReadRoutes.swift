import Events
import Hummingbird
import Projections
import Queries

/// `/v1/explain`, `/v1/status`, `/v1/stats`: what is known, as the commands of these names tell it.
struct ReadRoutes: Sendable {
    let backend: APIBackend

    /// In code points, as the description of the API counts them; the longest path that Linux takes has 4,096 bytes.
    static let maximumSubjectLength = 8192

    var routes: [Route] {
        [
            Route(.get, "/v1/explain", .token, explain), Route(.get, "/v1/status", .token, status),
            Route(.get, "/v1/stats", .token, statistics),
        ]
    }

    private func explain(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow(["subject"])
        guard let text = try exchange.query.bytes("subject"), !text.isEmpty,
            String(decoding: text, as: UTF8.self).unicodeScalars.count <= Self.maximumSubjectLength
        else {
            throw Problem.malformed(
                "subject has to name what is to be explained: an id, a position, a delivery, a source or a file")
        }
        let queries = try backend.queries(for: exchange)
        let explanation = try Self.explain(text, queries, backend)
        var forms = EventForms(queries)
        return .list(
            try explanation.events.map { .object(try forms.fields($0)) }, next: nil,
            further: [("isCut", .bool(explanation.isCut))])
    }

    /// - Throws: `Problem`, `QueryError` where there is nothing to be explained.
    static func explain(_ text: [UInt8], _ queries: Queries, _ backend: APIBackend) throws -> Explanation {
        let found = try queries.subject(text, providers: backend.providers, forms: backend.forms)
        guard let subject = found else {
            throw Problem(
                status: .notFound, code: "unknownSubject",
                detail: "it is no id, position, delivery, source or file that is known to this tenant")
        }
        return try queries.explain(subject)
    }

    private func status(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow(PageRequest.parameters + ["repository"])
        let queries = try backend.queries(for: exchange)
        let rows: [RepositoryRow]
        if let number = try exchange.query.number("repository", in: 0...UInt64.max) {
            guard let row = try queries.repository(RepositoryID(number)), !row.isRemoved else {
                throw RepositoryRoutes.unknown
            }
            rows = [row]
        } else {
            rows = try queries.repositories()
        }
        let (page, next) = try PageRequest(exchange.query).page(of: rows) { $0.id.rawValue }
        let now = backend.now()
        let items = try queries.status(of: page, at: now) { backend.pause($0, $1, now) }
        let limits = try queries.rateLimits().map { status in
            JSONValue.object([
                ("quota", .string(status.quota)), ("limit", status.limit.map { .uint($0.limit) } ?? .null),
                ("remaining", status.limit.map { .uint($0.remaining) } ?? .null),
                ("resetAt", .time(status.limit?.resetAt)), ("retryAt", .time(status.retryAt)), ("at", .time(status.at)),
            ])
        }
        return .list(items.map { .object(Forms.status($0)) }, next: next, further: [("rateLimits", .array(limits))])
    }

    private func statistics(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow([])
        return .json(.ok, .object(Forms.statistics(try backend.queries(for: exchange).statistics())))
    }
}
