import OpenSSL

/// A GitHub App.
public struct App: Sendable {
    public var id: Int64
    public var slug: String
    public var name: String
    public var owner: Account
    /// For OAuth: who asks for a user's token to be refreshed.
    public var clientID: String
    public var clientSecret: String
    /// The key that it signs its JSON web tokens with; nil where only the public half was given.
    public var privateKeyPEM: String?
    /// What its installations may do: `contents: read` and the like.
    public var permissions: [String: String]
    /// The events it hears of, beside those that every App hears of.
    public var events: Set<String>
    /// Since 1970.
    public var createdAtSeconds: Int64
}

/// An App's installation on an account.
public struct Installation: Sendable {
    public var id: Int64
    public var appID: Int64
    public var account: Account
    /// The repositories' numbers; nil for all of the account's.
    public var selected: Set<Int64>?
    public var isSuspended = false
    public var suspendedAtSeconds: Int64?
    public var permissions: [String: String]
    /// Since 1970.
    public var createdAtSeconds: Int64
    public var updatedAtSeconds: Int64

    /// Whether a repository belongs to it.
    public func covers(_ repository: RepositoryInfo) -> Bool {
        account.login == repository.owner.login && (selected?.contains(repository.id) ?? true)
    }
}

/// A user's token for an App, which expires and can be refreshed.
public struct UserToken: Sendable {
    public var token: String
    /// nil where the token does not expire.
    public var refreshToken: String?
    /// Since 1970; nil where it does not expire.
    public var expiresAtSeconds: Int64?
}

/// Who sends a request.
enum Principal: Sendable, Hashable {
    case anonymous
    case user(login: String)
    case installation(Int64)
    /// By a JSON web token.
    case app(Int64)

    /// Names the quota it uses.
    var quotaName: String {
        switch self {
        case .anonymous: "anonymous"
        case .user(let login): "user \(login)"
        case .installation(let id): "installation \(id)"
        case .app(let id): "app \(id)"
        }
    }
}

/// Apps, installations and tokens.
struct AccessBook {
    struct Token {
        var principal: Principal
        var expiresAtSeconds: Int64?
        /// Only these repositories, by number; nil for all that the principal may read.
        var repositories: Set<Int64>?
        var permissions: [String: String]?
    }

    struct RefreshToken {
        var login: String
        var clientID: String
        /// The token that it replaces.
        var token: String
        var expiresAtSeconds: Int64
    }

    var apps: [Int64: App] = [:]
    var keys: [Int64: RSAPublicKey] = [:]
    var installations: [Int64: Installation] = [:]
    var tokens: [String: Token] = [:]
    var refreshTokens: [String: RefreshToken] = [:]
    var lastApp: Int64 = 200
    var lastInstallation: Int64 = 5000

    /// Where an App reads a repository through; nil where it is not installed there.
    func installation(of app: Int64, for repository: RepositoryInfo) -> Installation? {
        installations.values.first { $0.appID == app && $0.covers(repository) }
    }

    /// Whether a repository that is not public may be read.
    func mayRead(_ principal: Principal, _ repository: RepositoryInfo) -> Bool {
        switch principal {
        case .anonymous, .app: false
        case .user(let login):
            login.lowercased() == repository.owner.login.lowercased() || repository.collaborators.contains(login)
        case .installation(let id): installations[id]?.covers(repository) ?? false
        }
    }
}
