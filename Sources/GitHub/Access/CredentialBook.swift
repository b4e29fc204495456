public import Events
public import ProviderKit
import Synchronization

/// Which credential a tenant's repository is read with. A tenant's own come first; the settings' are the default tenant's
/// alone.
final class CredentialBook: Sendable {
    private let live: LiveSettings
    private let store: any CredentialStore
    private let kept = Mutex(Kept())

    private var settings: GitHubSettings { live.current }

    private struct Kept {
        var app: Access?
        var installations: [UInt64: Access] = [:]
        var users: [LogPosition: Access] = [:]
        /// Which installation reads a repository (`owner/name`) or all of an owner's (`owner`), nil for none, and until when
        /// that is believed.
        var found: [String: (installation: UInt64?, until: Timestamp)] = [:]
    }

    /// So long it is believed that an installation reads a repository.
    static let foundSeconds = 3600.0
    /// So long it is believed that none does.
    static let notFoundSeconds = 300.0
    /// Beyond so many repositories everything that was found is asked for again.
    static let maximumFoundCount = 100_000

    init(settings: LiveSettings, store: any CredentialStore) {
        live = settings
        self.store = store
    }

    /// For settings that stay as they are.
    convenience init(settings: GitHubSettings, store: any CredentialStore) {
        self.init(settings: LiveSettings(settings), store: store)
    }

    /// What a repository is read with.
    private enum Choice {
        case installation(UInt64)
        case stored(StoredCredential)
        case settingsToken(Secret)
        case nobody
    }

    /// - Throws: ``ProviderError``, and what the store throws.
    func access(of tenant: TenantID, to repository: RepositoryName, _ client: RESTClient) async throws -> Access {
        switch try await choice(tenant, { try await installation(reading: repository, client) }) {
        case .installation(let installation): return try access(installation: installation)
        case .stored(let credential): return try await access(credential)
        case .settingsToken(let token): return Access(quota: Self.tokenQuota, tokens: FixedToken(secret: token))
        case .nobody: return .anonymous
        }
    }

    /// The names of all that a reading of the repository would be counted in, without asking anybody.
    func quotas(of tenant: TenantID, to repository: RepositoryName) async throws -> [String] {
        struct AppIsAsked: Error {}
        do {
            let choice = try await choice(tenant) {
                guard let known = known(repository) else { throw AppIsAsked() }
                return known.installation
            }
            switch choice {
            case .installation(let installation):
                let access = try access(installation: installation)
                let renewal = await access.renewal(at: settings.now())
                return [access.quota] + [renewal].compactMap(\.self)
            case .stored(let credential): return [Self.quota(credential)]
            case .settingsToken: return [Self.tokenQuota]
            case .nobody: return [Access.anonymous.quota]
            }
        } catch is AppIsAsked {
            return [QuotaLedger.app]
        }
    }

    private static let tokenQuota = "github:token"

    private static func quota(_ credential: StoredCredential) -> String {
        "github:credential:\(credential.id.rawValue)"
    }

    /// - Parameter lookUp: tells the installation that reads the repository; nil where there is none.
    private func choice(_ tenant: TenantID, _ lookUp: () async throws -> UInt64?) async throws -> Choice {
        let stored = try await store.credentials(of: tenant, provider: RepositoryName.provider)
        let installations = stored.compactMap { $0.kind == .installation ? $0.installation : nil }
        let tokens = stored.filter { $0.kind != .installation }
        if installations.count == 1 && tokens.isEmpty { return .installation(installations[0]) }
        if !installations.isEmpty, let found = try await lookUp(), installations.contains(found) {
            return .installation(found)
        }
        if let newest = tokens.first { return .stored(newest) }
        // It may read what anybody may, with a larger quota than anybody's.
        if let newest = installations.first { return .installation(newest) }
        guard settings.isDefaultTenant(tenant) else { return .nobody }
        if settings.appID != nil, settings.appPrivateKey != nil, let found = try await lookUp() {
            return .installation(found)
        }
        return settings.token.map { .settingsToken($0) } ?? .nobody
    }

    /// What the App itself asks with.
    ///
    /// - Throws: ``ProviderError`` (forbidden) where the settings name none.
    func app() throws -> Access {
        if let app = kept.withLock({ $0.app }) { return app }
        guard let tokens = try AppTokens(settings) else {
            throw ProviderError.permanent(
                .forbidden, "this needs a GitHub App: set INGESTOR_GITHUB_APP_ID and INGESTOR_GITHUB_PRIVATE_KEY")
        }
        let app = Access(quota: QuotaLedger.app, tokens: tokens)
        return kept.withLock { kept in
            kept.app = kept.app ?? app
            return kept.app ?? app
        }
    }

    /// Something about the repository is not as it was: who reads it is asked again.
    func forget(_ repository: RepositoryName) {
        kept.withLock { kept in
            kept.found[repository.owner] = nil
            kept.found[repository.description] = nil
        }
    }

    /// The settings' own identity is another one: nothing that was got with the old one is used any more.
    func forgetAll() { kept.withLock { $0 = Kept() } }

    private func forget(installation: UInt64) {
        kept.withLock { kept in
            kept.installations[installation] = nil
            kept.found = kept.found.filter { $0.value.installation != installation }
        }
    }

    private func access(_ credential: StoredCredential) async throws -> Access {
        let quota = Self.quota(credential)
        guard credential.kind == .user else {
            return Access(quota: quota, tokens: FixedToken(secret: try await store.secret(of: credential.id)))
        }
        let store = store
        return kept.withLock { kept in
            let access =
                kept.users[credential.id]
                ?? Access(quota: quota, tokens: UserTokens(credential: credential, store: store))
            kept.users[credential.id] = access
            return access
        }
    }

    private func access(installation: UInt64) throws -> Access {
        let app = try app()
        return kept.withLock { kept in
            let access =
                kept.installations[installation]
                ?? Access(
                    quota: "github:installation:\(installation)",
                    tokens: InstallationTokens(
                        installation: installation, app: app,
                        isGone: { [weak self] in self?.forget(installation: installation) }))
            kept.installations[installation] = access
            return access
        }
    }

    /// What was found before and is still believed.
    private func known(_ repository: RepositoryName) -> (installation: UInt64?, until: Timestamp)? {
        let now = settings.now()
        return kept.withLock { kept in
            let candidates = [kept.found[repository.owner], kept.found[repository.description]]
            return candidates.compactMap(\.self).first { $0.until > now }
        }
    }

    /// `GET /repos/{owner}/{repo}/installation`; nil where the App is not installed there.
    private func installation(reading repository: RepositoryName, _ client: RESTClient) async throws -> UInt64? {
        if let found = known(repository) { return found.installation }
        let request = RESTRequest("/repos/\(repository)/installation")
        let answer = try await client.send(request, as: try app())
        let json = answer.isSuccess ? try answer.json(["id": .everything, "repository_selection": .everything]) : nil
        guard json != nil || answer.status == 404 else {
            throw answer.failure("installation of the App for \(repository)")
        }
        let installation = json?["id"]?.uint64
        let until = settings.now().adding(seconds: installation == nil ? Self.notFoundSeconds : Self.foundSeconds)
        let readsAll = json?["repository_selection"]?.string == "all"
        kept.withLock { kept in
            if kept.found.count >= Self.maximumFoundCount { kept.found = [:] }
            kept.found[readsAll ? repository.owner : repository.description] = (installation, until)
        }
        return installation
    }
}

/// A store without anything in it: every tenant reads what anybody may, and the default one with what the settings say.
public struct NoCredentials: CredentialStore {
    public init() {}

    public func credentials(of tenant: TenantID, provider: String) async throws -> [StoredCredential] { [] }

    public func secret(of credential: LogPosition) async throws -> Secret {
        throw ProviderError.permanent(.forbidden, "there is no credential \(credential.rawValue)")
    }

    public func replace(_ credential: LogPosition, with secret: Secret, expiresAt: Timestamp?) async throws {
        throw ProviderError.permanent(.forbidden, "there is no credential \(credential.rawValue)")
    }
}
