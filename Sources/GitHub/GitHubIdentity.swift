public import ProviderKit
import Synchronization

/// Who this program is to GitHub by its settings. It may change while it runs.
public struct GitHubIdentity: Sendable, Equatable {
    /// See ``GitHubSettings/appID``.
    public var appID: String?
    /// See ``GitHubSettings/appPrivateKey``.
    public var appPrivateKey: Secret?
    /// See ``GitHubSettings/clientID``.
    public var clientID: String?
    /// See ``GitHubSettings/clientID``.
    public var clientSecret: Secret?
    /// See ``GitHubSettings/token``.
    public var token: Secret?

    public init() {}
}

extension GitHubSettings {
    /// The part of them that says who this program is.
    public var identity: GitHubIdentity {
        get {
            var identity = GitHubIdentity()
            identity.appID = appID
            identity.appPrivateKey = appPrivateKey
            identity.clientID = clientID
            identity.clientSecret = clientSecret
            identity.token = token
            return identity
        }
        set {
            appID = newValue.appID
            appPrivateKey = newValue.appPrivateKey
            clientID = newValue.clientID
            clientSecret = newValue.clientSecret
            token = newValue.token
        }
    }
}

/// The settings as they are now.
final class LiveSettings: Sendable {
    private let settings: Mutex<GitHubSettings>

    init(_ settings: GitHubSettings) { self.settings = Mutex(settings) }

    var current: GitHubSettings { settings.withLock { $0 } }

    /// Whether that changed anything.
    func take(_ identity: GitHubIdentity) -> Bool {
        settings.withLock { settings in
            guard settings.identity != identity else { return false }
            settings.identity = identity
            return true
        }
    }
}
