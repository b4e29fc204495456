public import Events
import Projections

/// Events as scripts read them. Remembers the names that it has looked up.
public struct EventForms {
    private let queries: Queries
    private var locators: [RepositoryID: String] = [:]
    private var tenants: [TenantID: String?] = [:]

    /// Names that are remembered; beyond it they are looked up anew.
    private static let maximumNameCount = 4096

    public init(_ queries: Queries) { self.queries = queries }

    public mutating func fields(_ envelope: Envelope) throws -> Forms.Fields {
        let header = envelope.header
        return [
            ("position", .position(envelope.position)), ("kind", .string(envelope.event.kind.name)),
            ("at", .time(header.time)), ("repository", header.repository.map { .count($0.rawValue) } ?? .null),
            ("locator", Forms.text(try locator(of: header.repository))),
            ("tenant", Forms.text(try tenant(header.tenant))), ("correlation", .position(header.correlation)),
            ("causation", .position(header.causation)),
            ("sealed", envelope.sealing == .open ? .null : .string(envelope.sealing.name)),
            ("payload", envelope.event.json),
        ]
    }

    /// The source that an event is about; its number where it cannot be told.
    public mutating func locator(of repository: RepositoryID?) throws -> String? {
        guard let repository else { return nil }
        if let name = locators[repository] { return name }
        let name = try queries.repository(repository)?.locator.description ?? "repository \(repository.rawValue)"
        if locators.count >= Self.maximumNameCount { locators = [:] }
        locators[repository] = name
        return name
    }

    private mutating func tenant(_ id: TenantID) throws -> String? {
        if let name = tenants[id] { return name }
        let name = try queries.tenantName(id)
        if tenants.count >= Self.maximumNameCount { tenants = [:] }
        tenants[id] = .some(name)
        return name
    }
}
