import Curl
public import Events
import ProviderKit

/// What GitHub says to whoever the settings say that this program is.
public struct GitHubReach: Sendable {
    /// GitHub's time, where it was told; to the second.
    public var date: Timestamp?
    /// Requests that may still be sent, and how many an hour; of the token, or of anybody at this address.
    public var requestsLeft: Int64?
    public var requestLimit: Int64?
    /// GitHub does not know the settings' token.
    public var isTokenRefused = false
}

/// What GitHub says of the App in the settings.
public struct GitHubAppReach: Sendable {
    public var slug: String
    public var installations: Int64?
    /// Permissions that reading repositories takes and that it does not have.
    public var missingPermissions: [String]
    /// Events that it does not hear of, so that what they tell is found later, by polls.
    public var missingEvents: [String]

    static let permissions = ["contents", "metadata"]
    static let events = ["push", "create", "delete", "repository", "public"]
}

extension GitHubProvider {
    /// `GET /rate_limit`, which costs nothing: whether the REST API is reached.
    ///
    /// - Throws: ``ProviderError`` where it is not.
    public func reachAPI() async throws -> GitHubReach {
        let settings = settings
        let access = settings.token.map { Access(quota: "github:token", tokens: FixedToken(secret: $0)) } ?? .anonymous
        let answer = try await client().send(RESTRequest("/rate_limit"), as: access)
        var reach = GitHubReach()
        reach.date = answer.head.value(of: "Date").flatMap { httpDateSeconds($0) }.map { Timestamp(seconds: $0) }
        reach.isTokenRefused = answer.status == 401
        // An Enterprise Server without limits answers 404.
        guard answer.isSuccess else {
            if answer.status == 401 || answer.status == 404 { return reach }
            throw answer.failure("rate limit")
        }
        let core = try answer.json()["resources"]?["core"]
        reach.requestsLeft = core?["remaining"]?.int64
        reach.requestLimit = core?["limit"]?.int64
        return reach
    }

    /// `GET /app`: whether GitHub knows the App, and what it may do. Nil where the settings name none.
    ///
    /// - Throws: ``ProviderError`` where GitHub does not know it, or is not reached.
    public func reachApp() async throws -> GitHubAppReach? {
        guard settings.appID != nil, settings.appPrivateKey != nil else { return nil }
        let answer = try await client().send(RESTRequest("/app"), as: try book.app())
        guard answer.isSuccess else { throw answer.failure("App") }
        let json = try answer.json()
        let events = (json["events"]?.array ?? []).compactMap(\.string)
        return GitHubAppReach(
            slug: json["slug"]?.string ?? "", installations: json["installations_count"]?.int64,
            missingPermissions: GitHubAppReach.permissions.filter { json["permissions"]?[$0]?.string == nil },
            missingEvents: GitHubAppReach.events.filter { !events.contains($0) })
    }

    /// Whether the Git server answers at all. It is asked for its own page.
    ///
    /// - Throws: ``ProviderError`` where it does not.
    public func reachGit() throws {
        var request = CurlRequest(.get, try GitHubURL.page("/", settings))
        request.maxBodyBytes = 16 << 20
        let response = try client().sendApart(request, into: AnswerBody())
        guard response.head.status < 500 else {
            throw ProviderError.transient(.serverError, "the Git server answers \(response.head.status)")
        }
    }

    private func client() -> RESTClient {
        RESTClient(settings: settings, ledger: ledger, pool: pool, isUrgent: true)
    }
}
