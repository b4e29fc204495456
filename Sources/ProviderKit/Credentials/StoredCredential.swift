public import Events

/// A tenant's access to a provider, as it is kept. Its secret is asked for apart, when it is needed.
public struct StoredCredential: Sendable, Equatable {
    /// Where its `CredentialStored` stands in the log.
    public var id: LogPosition
    public var tenant: TenantID
    public var provider: String
    public var kind: CredentialKind
    /// The installation, for that kind.
    public var installation: UInt64?
    /// When it stops being good; nil where it does not.
    public var expiresAt: Timestamp?

    public init(
        id: LogPosition, tenant: TenantID, provider: String, kind: CredentialKind, installation: UInt64? = nil,
        expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.provider = provider
        self.kind = kind
        self.installation = installation
        self.expiresAt = expiresAt
    }
}

/// Where a provider finds the access that a tenant has given it.
public protocol CredentialStore: Sendable {
    /// Those that are neither revoked nor expired for good, the newest first.
    func credentials(of tenant: TenantID, provider: String) async throws -> [StoredCredential]

    /// The secret of one: a token; or for `user` the access token, a line feed, and the refresh token. Empty for
    /// `installation`.
    func secret(of credential: LogPosition) async throws -> Secret

    /// Keeps what a provider gave in exchange for one, and records that it did.
    func replace(_ credential: LogPosition, with secret: Secret, expiresAt: Timestamp?) async throws
}
