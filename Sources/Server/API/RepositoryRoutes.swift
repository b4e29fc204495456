import Events
import Hummingbird
import Ingest
import Projections
import ProviderKit
import Queries

/// `/v1/repositories`: which sources are watched.
struct RepositoryRoutes: Sendable {
    let backend: APIBackend
    let body: JSONBody
    let idempotency: Idempotency

    var routes: [Route] {
        [
            Route(.get, "/v1/repositories", .token, list), Route(.post, "/v1/repositories", .token, add),
            Route(.get, "/v1/repositories/{id}", .token, show), Route(.patch, "/v1/repositories/{id}", .token, change),
            Route(.delete, "/v1/repositories/{id}", .token, remove),
            Route(.post, "/v1/repositories/{id}/sync", .token, sync),
        ]
    }

    private func list(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow(PageRequest.parameters)
        let queries = try backend.queries(for: exchange)
        let (page, next) = try PageRequest(exchange.query).page(of: try queries.repositories()) { $0.id.rawValue }
        return .list(try page.map { try form($0, queries) }, next: next)
    }

    private func show(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow([])
        let queries = try backend.queries(for: exchange)
        return .json(.ok, try form(try Self.repository(exchange, queries), queries))
    }

    private func add(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow([])
        let (bytes, json) = try await body.read(exchange.request)
        let wanted = try RepositoryBody(json, isNew: true)
        let configuration = try wanted.apply(to: RepositoryConfiguration())
        guard let locator = wanted.locator else { throw Problem.malformed("locator is missing") }
        return try await idempotency.once(exchange, bytes: bytes) { hasKey in
            let tenant = try await tenant(wanted.tenant, exchange)
            guard exchange.caller.isAdministrator || !backend.isLocal(locator) else {
                throw Problem(
                    status: .unprocessableContent, code: "unknownProvider",
                    detail: "sources on this machine or in its networks are for whoever runs this service to add")
            }
            let queries = try backend.queries(for: exchange)
            let row: RepositoryRow
            do {
                row = try await backend.engine.addRepository(
                    locator, configuration: configuration, tenant: tenant,
                    publicAddressesOnly: !exchange.caller.isAdministrator)
            } catch let error as IngestError where error.code == .alreadyAdded && hasKey {
                // The answer to the same request may have been lost with an earlier process.
                let known = try backend.engine.repository(try backend.engine.normalize(locator), of: tenant)
                guard let known, known.configuration == configuration else { throw error }
                row = known
            }
            return Idempotency.Answer(
                status: .created, headers: [.location: "/v1/repositories/\(row.id.rawValue)"],
                body: try form(row, try backend.queries(queries.seesEverything ? .everything : .tenant(tenant))))
        }
    }

    /// For whom a source is to be watched.
    private func tenant(_ name: String?, _ exchange: Exchange) async throws -> TenantID {
        if case .tenant(let id, _) = exchange.caller {
            let own = try backend.queries(for: exchange).tenant?.name
            guard name == nil || name == own else {
                throw Problem(
                    status: .notFound, code: "unknownTenant", detail: "there is no such tenant for this token")
            }
            return id
        }
        let name = name ?? Self.defaultTenant
        return try await backend.engine.tenant(named: name, creating: name == Self.defaultTenant)
    }

    /// The tenant of whoever does not name one.
    static let defaultTenant = "default"

    private func change(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow([])
        let queries = try backend.queries(for: exchange)
        let row = try Self.repository(exchange, queries)
        let (_, json) = try await body.read(exchange.request)
        let configuration = try RepositoryBody(json, isNew: false).apply(to: row.configuration)
        return .json(.ok, try form(try await backend.engine.reconfigure(row.id, configuration), queries))
    }

    private func remove(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow([])
        let row = try Self.repository(exchange, try backend.queries(for: exchange))
        try await backend.engine.removeRepository(row.id)
        return Response(status: .noContent)
    }

    private func sync(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow([])
        let row = try Self.repository(exchange, try backend.queries(for: exchange))
        let (bytes, json) = try await body.read(exchange.request, mayBeEmpty: true)
        guard let fields = json.object, fields.count <= 1, fields.allSatisfy({ $0.0 == "force" && $0.1.bool != nil })
        else { throw Problem.malformed("the body is an object with force alone, which is true or false") }
        let isForced = json["force"]?.bool ?? false
        return try await idempotency.once(exchange, bytes: bytes) { _ in
            let job = try await backend.engine.requestSync(row.id, reason: isForced ? .forced : .command)
            return Idempotency.Answer(
                status: .accepted, headers: [.location: "/v1/explain?subject=\(job.rawValue)"],
                body: .object(
                    [("job", .position(job)), ("repository", .count(row.id.rawValue))]
                        + JSONValue.fields("locator", bytes: row.locator.bytes)))
        }
    }

    private func form(_ row: RepositoryRow, _ queries: Queries) throws -> JSONValue {
        .object(Forms.repository(row, tenant: try queries.tenantName(row.tenant)))
    }

    /// The repository of a path, if it is the caller's and still watched. What is another's is as if it were not there.
    static func repository(_ exchange: Exchange, _ queries: Queries) throws -> RepositoryRow {
        let text = try exchange.parameter("id")
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt64(text),
            let row = try queries.repository(RepositoryID(number)), !row.isRemoved
        else { throw unknown }
        return row
    }

    static let unknown = Problem(
        status: .notFound, code: "unknownRepository", detail: "there is no such repository: /v1/repositories lists them"
    )
}
