/// A whole answer, as it goes out.
struct Answer: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]
}

/// Who answers a request.
enum Disposition: Sendable {
    case answer(Answer)
    /// git does, perhaps by another path.
    case git(BackendCall, whenDone: (@Sendable () async -> Void)? = nil)
}

extension World {
    /// Where answers to large-file requests point.
    static let largeFilePath = "/storage/"

    func answer(_ call: BackendCall, latency: Duration) async throws -> Disposition {
        if call.path == GitHubServer.apiPath || call.path.hasPrefix(GitHubServer.apiPath + "/") {
            return .answer(try await rest(call, latency: latency))
        }
        try await Task.sleep(for: latency)
        if call.path == "/login/oauth/access_token" { return .answer(refreshToken(call)) }
        if call.path.hasPrefix(Self.largeFilePath) { return .answer(try largeFile(call)) }
        return try git(call)
    }
}
