public import EventLog
public import Events
import Projections
public import ProviderKit
public import State

/// Where secrets lie, by the position of the event that names each. Never in the log.
public protocol SecretKeeper: Sendable {
    /// Keeps a secret durably, in place of the one from before.
    func store(id: LogPosition, secret: Secret) throws
    func secret(of id: LogPosition) throws -> Secret
    /// Forgets a secret, if it is there.
    func remove(id: LogPosition) throws
}

/// The access that tenants have given: what it is stands in the log, its secret with a ``SecretKeeper``.
public struct LoggedCredentials: CredentialStore {
    private let state: StateStore
    private let writer: EventLogWriter
    private let secrets: any SecretKeeper
    private let clock: @Sendable () -> Timestamp

    /// - Parameter writer: of the log that `state` follows.
    public init(
        state: StateStore, writer: EventLogWriter, secrets: any SecretKeeper,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.state = state
        self.writer = writer
        self.secrets = secrets
        self.clock = clock
    }

    // MARK: For a provider

    public func credentials(of tenant: TenantID, provider: String) async throws -> [StoredCredential] {
        let now = clock()
        return try state.read { view in try view.credentials(of: tenant, provider: provider) }.reversed()
            .filter { row in
                // A user's token can be exchanged for a new one after its time.
                row.kind != .token || row.expiresAt.map { $0 > now } ?? true
            }
            .map { row in
                StoredCredential(
                    id: row.id, tenant: row.tenant, provider: row.provider, kind: row.kind,
                    installation: row.installation, expiresAt: row.expiresAt)
            }
    }

    public func secret(of credential: LogPosition) async throws -> Secret { try secrets.secret(of: credential) }

    public func replace(_ credential: LogPosition, with secret: Secret, expiresAt: Timestamp?) async throws {
        let tenant = try self.tenant(of: credential)
        // First the secret: one that nobody knows of is right, one that is named and gone is not.
        try secrets.store(id: credential, secret: secret)
        try await append(
            .credentialRefreshed(CredentialRefreshed(id: credential, expiresAt: expiresAt)), of: credential, tenant)
    }

    // MARK: For a tenant

    /// Keeps a tenant's access.
    ///
    /// - Parameter secret: as ``CredentialStore/secret(of:)`` says for its kind.
    /// - Returns: its id.
    public func store(
        _ credential: CredentialStored, secret: Secret, tenant: TenantID
    ) async throws -> LogPosition {
        let draft = EventDraft(.credentialStored(credential), tenant: tenant)
        guard case .appended(let range) = try await writer.append([draft], at: clock()) else {
            preconditionFailure("an append without claims cannot find one taken")
        }
        let id = range.lowerBound
        do {
            try secrets.store(id: id, secret: secret)
        } catch {
            // Its id is known only now; what has no secret is no access.
            try await append(.credentialRevoked(CredentialRevoked(id: id, reason: .removed)), of: id, tenant)
            throw error
        }
        return id
    }

    /// Ends an access, and forgets its secret.
    ///
    /// - Throws: `IngestError` (unknownCredential) where there is none that is in use.
    public func revoke(_ credential: LogPosition, reason: RevocationReason = .removed) async throws {
        let tenant = try self.tenant(of: credential)
        try await append(
            .credentialRevoked(CredentialRevoked(id: credential, reason: reason)), of: credential, tenant)
        try secrets.remove(id: credential)
    }

    private func tenant(of credential: LogPosition) throws -> TenantID {
        guard let row = try state.read({ view in try view.credential(credential) }), !row.isRevoked else {
            throw IngestError(
                .unknownCredential,
                "\(credential.rawValue) is no credential in use: `credentials list` shows those that there are")
        }
        return row.tenant
    }

    private func append(_ event: Event, of credential: LogPosition, _ tenant: TenantID) async throws {
        let draft = EventDraft(
            event, tenant: tenant, correlation: .position(credential), causation: .position(credential))
        _ = try await writer.append([draft], at: clock())
    }
}
