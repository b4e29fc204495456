public import EventLog
public import Events
import Projections
public import ProviderKit
public import State

/// The access that tenants have given to providers: what is known of it is in the log, its secrets are in a store apart.
public final class Credentials: CredentialStore {
    private let writer: EventLogWriter
    private let state: StateStore
    private let secrets: any SecretStore
    private let clock: @Sendable () -> Timestamp

    public init(
        writer: EventLogWriter, state: StateStore, secrets: any SecretStore, clock: @escaping @Sendable () -> Timestamp
    ) {
        self.writer = writer
        self.state = state
        self.secrets = secrets
        self.clock = clock
    }

    /// Keeps a tenant's access to a provider.
    ///
    /// - Returns: its id. Where the secret cannot be kept, the credential is revoked again.
    public func add(_ credential: CredentialStored, secret: Secret, tenant: TenantID) async throws -> LogPosition {
        let id = try await append(.credentialStored(credential), tenant)
        do {
            try secrets.store(id: id, secret: secret)
        } catch {
            _ = try await append(.credentialRevoked(CredentialRevoked(id: id, reason: .removed)), tenant)
            throw error
        }
        return id
    }

    /// Takes an access back: it is not used any more, and its secret is gone.
    ///
    /// - Throws: `IngestError` (unknownCredential) where the tenant has none of that id.
    public func revoke(_ id: LogPosition, tenant: TenantID, reason: RevocationReason = .removed) async throws {
        guard let row = try state.read({ try $0.credential(id) }), row.tenant == tenant, !row.isRevoked else {
            throw IngestError(
                .unknownCredential,
                "there is no credential \(id.rawValue): `credentials list` shows those that there are")
        }
        // What is recorded as revoked must not be usable, so the secret goes first.
        try secrets.remove(id: id)
        _ = try await append(.credentialRevoked(CredentialRevoked(id: id, reason: reason)), tenant)
    }

    public func credentials(of tenant: TenantID, provider: String) async throws -> [StoredCredential] {
        let now = clock()
        let rows = try state.read { view in try view.credentials(of: tenant, provider: provider) }
        // A user's token can be exchanged for a new one after its time, any other one is of no use then.
        return rows.reversed().filter { $0.kind == .user || $0.expiresAt.map { $0 > now } ?? true }.map { row in
            StoredCredential(
                id: row.id, tenant: row.tenant, provider: row.provider, kind: row.kind,
                installation: row.installation, expiresAt: row.expiresAt)
        }
    }

    public func secret(of credential: LogPosition) async throws -> Secret { try secrets.secret(of: credential) }

    public func replace(_ credential: LogPosition, with secret: Secret, expiresAt: Timestamp?) async throws {
        guard let row = try state.read({ try $0.credential(credential) }), !row.isRevoked else {
            throw IngestError(.unknownCredential, "credential \(credential.rawValue) was revoked meanwhile")
        }
        try secrets.store(id: credential, secret: secret)
        _ = try await append(
            .credentialRefreshed(CredentialRefreshed(id: credential, expiresAt: expiresAt)), row.tenant)
    }

    private func append(_ event: Event, _ tenant: TenantID) async throws -> LogPosition {
        guard case .appended(let range) = try await writer.append([EventDraft(event, tenant: tenant)], at: clock())
        else { preconditionFailure("an append without claims cannot find one taken") }
        return range.lowerBound
    }
}
