import Curl
import Events
import ProviderKit

/// Talks to GitHub's REST API for one sync: asks the ledger before each request, lets it learn from each answer, follows
/// redirects, and tries again what failed in passing.
///
/// `@unchecked Sendable`: one sync uses it at a time, as ``Provider`` says of sessions.
final class RESTClient: @unchecked Sendable {
    let settings: GitHubSettings
    private let ledger: QuotaLedger
    private let pool: ConnectionPool
    private let isUrgent: Bool
    private(set) var traffic = Traffic()

    /// Redirects that one request may follow.
    static let maximumRedirects = 3
    /// The version of the API that this was written for.
    static let apiVersion = "2022-11-28"

    /// - Parameter isUrgent: may use the part of the quota that is kept for urgent work.
    init(settings: GitHubSettings, ledger: QuotaLedger, pool: ConnectionPool, isUrgent: Bool) {
        self.settings = settings
        self.ledger = ledger
        self.pool = pool
        self.isUrgent = isUrgent
    }

    /// Sends a request.
    ///
    /// - Returns: the answer, of any status but a redirect, a limit or a failure of the server.
    /// - Throws: ``ProviderError``: rateLimited, unreachable, serverError, and others that are no answer.
    func send(_ request: RESTRequest, as access: Access) async throws -> RESTAnswer {
        var url = try url(of: request)
        var hasMoved = false
        var redirects = 0
        var tries = 0
        var wasRefused = false
        while true {
            let token = try await access.token(self)
            let answer: RESTAnswer
            do {
                answer = try perform(request, url, token, access.quota, hasMoved)
            } catch let error as ProviderError where error.errorClass == .transient && request.body == nil {
                tries += 1
                guard tries < settings.maximumTries, error.code != .localFailure else { throw error }
                try await settings.pause(Double(tries))
                continue
            }
            switch answer.status {
            case 301, 302, 307, 308:
                redirects += 1
                guard redirects <= Self.maximumRedirects, let target = target(of: answer, from: url) else {
                    throw ProviderError.permanent(
                        .malformed, "GitHub redirects too often, or to another host: check the API's URL")
                }
                hasMoved = hasMoved || answer.status == 301 || answer.status == 308
                url = target
            case 401 where token != nil && !wasRefused:
                // A token may have been revoked or have run out by GitHub's clock; a new one may do.
                wasRefused = true
                guard await access.replaceRefused(token) else { return answer }
            default: return answer
            }
        }
    }

    /// Sends a request that is no part of the REST API: it counts in no limit of it.
    func sendApart(_ request: CurlRequest, into body: AnswerBody) throws -> CurlResponse {
        try withConnection { connection in
            do {
                return try connection.perform(request, into: body)
            } catch let error as CurlError {
                throw ProviderError(error)
            }
        }
    }

    private func perform(
        _ request: RESTRequest, _ url: HTTPURL, _ token: Secret?, _ quota: String, _ hasMoved: Bool
    ) throws -> RESTAnswer {
        try ledger.reserve(quota, points: request.points, isUrgent: isUrgent, at: settings.now())
        var message = CurlRequest(request.body.map { .post($0) } ?? .get, url)
        message.credentials = nil
        message.maxBodyBytes = request.maximumByteCount
        message.headers = [("Accept", request.media.rawValue), ("X-GitHub-Api-Version", Self.apiVersion)]
        if request.body != nil { message.headers.append(("Content-Type", "application/json")) }
        if let etag = request.ifNoneMatch { message.headers.append(("If-None-Match", etag)) }
        if let token { message.headers.append(("Authorization", "Bearer \(token.revealText())")) }
        let body = AnswerBody(spillPath: request.spillPath)
        let response: CurlResponse
        do {
            response = try withConnection { try $0.perform(message, into: body) }
        } catch {
            try ledger.settle(quota, nil, at: settings.now())
            if let error = error as? CurlError { throw ProviderError(error) }
            throw error
        }
        let head = response.head
        try ledger.settle(quota, QuotaAccount.Verdict(head, words: body.bytes), at: settings.now())
        if head.status == 408 || head.status >= 500 {
            throw ProviderError.transient(
                .serverError, "\(url.host) answers \(head.status): the server failed, trying again may help")
        }
        return RESTAnswer(
            status: head.status, head: head, body: body, hasMoved: hasMoved, sent: token.map { [$0] } ?? [])
    }

    private func withConnection<R>(_ body: (Connection) throws -> R) throws -> R {
        let connection = try pool.take()
        let before = connection.traffic
        defer {
            let after = connection.traffic
            traffic.requests += UInt64(after.requestCount - before.requestCount)
            traffic.bytesReceived += UInt64(after.receivedBytes - before.receivedBytes)
            traffic.bytesSent += UInt64(after.sentBytes - before.sentBytes)
            pool.giveBack(connection)
        }
        return try body(connection)
    }

    private func url(of request: RESTRequest) throws -> HTTPURL {
        guard request.path.hasPrefix("/") else {
            let url = try Self.parsed(request.path)
            // The token goes to the API's own host alone.
            guard url.hasSameOrigin(as: try Self.parsed(settings.apiURL)) else {
                throw ProviderError.permanent(.malformed, "GitHub names a page on another host: check the API's URL")
            }
            return url
        }
        var base = settings.apiURL[...]
        while base.last == "/" { base.removeLast() }
        return try Self.parsed(base + request.path)
    }

    private static func parsed(_ text: String) throws -> HTTPURL {
        do {
            return try HTTPURL(text)
        } catch {
            throw ProviderError.permanent(.invalidLocator, "GitHub's URL is not usable: \(error.message)")
        }
    }

    private func target(of answer: RESTAnswer, from url: HTTPURL) -> HTTPURL? {
        guard let location = answer.head.value(of: "Location") else { return nil }
        let isRelative = location.hasPrefix("/") && !location.hasPrefix("//")
        let authority = url.host.contains(":") && !url.host.hasPrefix("[") ? "[\(url.host)]" : url.host
        let text = isRelative ? "\(url.scheme)://\(authority):\(url.port)\(location)" : location
        // An address that cannot be used is as good as none: the redirect is then reported as what it is.
        guard let target = try? HTTPURL(text), target.hasSameOrigin(as: url) else { return nil }
        return target
    }
}
