import Events
import Hummingbird
import Ingest
import Projections
import ProviderKit
import Queries

/// `/v1/dead-letters`: jobs that gave up.
struct DeadLetterRoutes: Sendable {
    let backend: APIBackend
    let body: JSONBody
    let idempotency: Idempotency

    var routes: [Route] {
        [
            Route(.get, "/v1/dead-letters", .token, list),
            Route(.get, "/v1/dead-letters/{id}", .token, show),
            Route(.post, "/v1/dead-letters/{id}/retry", .token, retry),
        ]
    }

    private func list(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow(PageRequest.parameters)
        let queries = try backend.queries(for: exchange)
        let (page, next) = try PageRequest(exchange.query).page(of: try queries.deadLetters()) { $0.id.rawValue }
        return .list(try page.map { try Self.form($0, queries) }, next: next)
    }

    private func show(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow([])
        let queries = try backend.queries(for: exchange)
        guard let job = try Self.job(exchange, queries), job.state == .deadLettered else { throw Self.unknown }
        return .json(.ok, try Self.form(job, queries))
    }

    private func retry(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow([])
        guard let job = try Self.job(exchange, try backend.queries(for: exchange)) else { throw Self.unknown }
        let (bytes, json) = try await body.read(exchange.request, mayBeEmpty: true)
        guard json.object?.isEmpty == true else { throw Problem.malformed("nothing belongs into the body") }
        return try await idempotency.once(exchange, bytes: bytes) { hasKey in
            // The answer to the same request may have been lost with an earlier process.
            if !hasKey || job.state == .deadLettered {
                do {
                    _ = try await backend.engine.requeue(job.id)
                } catch let error as IngestError where error.code == .unknownJob {
                    throw Self.unknown
                }
            }
            return Idempotency.Answer(
                status: .accepted, headers: [.location: "/v1/explain?subject=\(job.id.rawValue)"],
                body: .object([("job", .position(job.id)), ("repository", .count(job.repository.rawValue))]))
        }
    }

    static func form(_ job: JobRow, _ queries: Queries) throws -> JSONValue {
        .object(Forms.deadLetter(job, locator: try queries.repository(job.repository)?.locator))
    }

    private static func job(_ exchange: Exchange, _ queries: Queries) throws -> JobRow? {
        let text = try exchange.parameter("id")
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt64(text) else { return nil }
        return try queries.job(LogPosition(number))
    }

    private static let unknown = Problem(
        status: .notFound, code: "unknownJob", detail: "there is no such dead letter: /v1/dead-letters lists them")
}
