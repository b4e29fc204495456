import Curl
public import Events
public import ProviderKit

/// Where GitHub is, who this program is to it, and how much it may be asked.
public struct GitHubSettings: Sendable {
    /// Which way contents are fetched.
    public enum Transport: String, Sendable, CaseIterable {
        /// Git, and REST where Git cannot be reached.
        case automatic
        case git
        case rest
    }

    /// Of the REST API; for GitHub Enterprise Server `https://HOST/api/v3`.
    public var apiURL = "https://api.github.com"
    /// Of the Git server and the web pages, without an owner.
    public var gitURL = "https://github.com"
    /// Whether it is a server of one's own: its API is below `/api/v3` of that server.
    var isEnterpriseServer: Bool { apiURL.lowercased().contains("/api/v3") }
    /// A URL that cannot be read is refused where it is used.
    var ownHosts: Set<String> { Set([apiURL, gitURL].compactMap { try? HTTPURL($0).host.lowercased() }) }
    /// The App's id (its client id serves too), with its key.
    public var appID: String?
    /// The App's private key, PEM.
    public var appPrivateKey: Secret?
    /// The App's client id and secret, with which tokens of users are renewed. Without an id the App's id is given.
    public var clientID: String?
    public var clientSecret: Secret?
    /// A token that the default tenant reads with, where it has given no other access.
    public var token: Secret?
    /// Whether `token` and the App belong to a tenant. Every other one reads with what it has given itself, or as anybody may.
    public var isDefaultTenant: @Sendable (TenantID) -> Bool = { $0 == TenantID(1) }
    /// A file of certificates to trust instead of the system's.
    public var certificateFile: String?
    /// A proxy's URL.
    public var proxy: String?
    /// Whether what these servers point to (redirects, large files) may lie in a private network. They themselves may.
    public var allowsPrivateAddresses = false
    public var transport = Transport.automatic
    public var quotaLimits = QuotaLimits()
    /// Contents that are larger are not asked for over REST. 100 MB: GitHub's own limit.
    public var maximumRESTBlobByteCount: UInt64 = 100 << 20
    /// A comparison of so many files may not be whole. 300: GitHub's own limit.
    public var maximumComparedFileCount = 300
    /// How often a request that failed in passing is sent.
    public var maximumTries = 3
    /// The present moment.
    public var now: @Sendable () -> Timestamp
    /// Waits so many seconds between the tries of one request.
    public var pause: @Sendable (_ seconds: Double) async throws -> Void

    public init(
        now: @escaping @Sendable () -> Timestamp,
        pause: @escaping @Sendable (_ seconds: Double) async throws -> Void = {
            try await Task.sleep(for: .seconds($0))
        }
    ) {
        self.now = now
        self.pause = pause
    }
}
