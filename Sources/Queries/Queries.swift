public import EventLog
public import Events
public import Projections
public import Silo
public import State

/// Answers questions about what was ingested, for one tenant. Reads alone; safe beside a writer, in any process.
public struct Queries: Sendable {
    let log: EventLog
    let state: StateStore
    let silo: Silo
    /// Nil where there is no such tenant (yet): then there is only what is public. Nil too where all are seen.
    public let tenant: TenantRow?
    /// All tenants are seen.
    public let seesEverything: Bool
    /// Seen is also what concerns the store as a whole, such as the shards that all share.
    public let seesStore: Bool
    /// Whose content may be read: what is the tenant's own, and what is public.
    public let domains: [Domain]
    /// Who asks is whoever runs the engine.
    private let isOperator: Bool

    /// For whoever runs the engine, and works for one tenant.
    ///
    /// - Parameter tenant: the name of that tenant.
    public init(log: EventLog, state: StateStore, silo: Silo, tenant: String) throws {
        self.log = log
        self.state = state
        self.silo = silo
        isOperator = tenant == Self.operatorTenant
        self.tenant = try state.read { view in try view.tenant(named: tenant) }
        seesEverything = false
        seesStore = true
        domains = (self.tenant.map { [.tenant($0.id)] } ?? []) + [.public]
    }

    /// For somebody who was let in.
    public init(log: EventLog, state: StateStore, silo: Silo, viewer: Viewer) throws {
        self.log = log
        self.state = state
        self.silo = silo
        switch viewer {
        case .everything:
            tenant = nil
            seesEverything = true
            let tenants = try state.read { view in try view.tenants() }
            domains = [.public] + tenants.map { .tenant($0.id) }
        case .tenant(let id):
            tenant = try state.read { view in try view.tenant(id) }
            seesEverything = false
            domains = (tenant.map { [.tenant($0.id)] } ?? []) + [.public]
        }
        seesStore = seesEverything
        isOperator = seesEverything
    }

    /// How many events are known; positions below it can be asked for.
    public var count: UInt64 {
        get throws { try state.read { view in try view.count } }
    }

    func mayRead(_ header: RecordHeader) -> Bool {
        guard header.tenant == .none else { return owns(header.tenant) }
        return seesStore || header.domain == .webhooks
    }

    /// Who runs the engine sees every webhook; another tenant those about what it watches.
    var seesAllWebhooks: Bool { isOperator }

    /// The tenant of whoever does not name one.
    static let operatorTenant = "default"

    /// Whether the tenant may see an event whose header it may.
    func mayRead(_ envelope: Envelope) throws -> Bool {
        guard mayRead(envelope.header) else { return false }
        if envelope.header.domain != .webhooks || seesAllWebhooks { return true }
        guard case .webhookReceived(let event) = envelope.event, let externalID = event.externalID else { return false }
        return try state.read { view in
            try view.repositories(of: event.provider, externalID: externalID).contains { owns($0.tenant) }
        }
    }
}

/// Why a question has no answer. The message says what to do.
public struct QueryError: Error, Sendable, CustomStringConvertible {
    /// A stable word for scripts. The list may grow.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let malformed = Code(rawValue: "malformed")
        public static let unknownRepository = Code(rawValue: "unknownRepository")
        public static let neverSynced = Code(rawValue: "neverSynced")
        public static let unknownMoment = Code(rawValue: "unknownMoment")
        public static let unknownFile = Code(rawValue: "unknownFile")
        public static let unknownBlob = Code(rawValue: "unknownBlob")
        /// It is known and was not taken, or is no file.
        public static let noContent = Code(rawValue: "noContent")
        public static let unknownPosition = Code(rawValue: "unknownPosition")
        public static let unknownSubject = Code(rawValue: "unknownSubject")
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
