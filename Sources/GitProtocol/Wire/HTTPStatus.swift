import Curl

extension RemoteError {
    /// The failure that a status other than 200 tells of.
    static func status(_ head: CurlHead, of url: HTTPURL) -> RemoteError {
        let status = head.status
        let retryAfter = retryAfter(head)
        func error(_ code: Code, _ words: String, _ disposition: Disposition = .permanent) -> RemoteError {
            RemoteError(
                code, "\(url.host) answers \(status): \(words)", disposition, retryAfter: retryAfter, httpStatus: status
            )
        }
        switch status {
        case 401:
            return error(.unauthorized, "credentials are wanted, or the given ones are refused: check user and token")
        case 403 where retryAfter != nil:
            return error(.rateLimited, "too many requests", .rateLimited(retryAfter))
        case 403:
            return error(.forbidden, "access is refused: check the token's rights")
        case 404, 410:
            return error(.notFound, "no such repository, or no access to it: check the URL and the credentials")
        case 429:
            return error(.rateLimited, "too many requests", .rateLimited(retryAfter))
        case 408, 425, 500...599:
            return error(.serverFailed, "the server failed: trying again may help", .transient)
        case 300...399:
            return error(.unexpectedStatus, "it redirects a request that cannot be sent elsewhere: check the URL")
        default:
            return error(.unexpectedStatus, "an answer that Git does not know")
        }
    }

    private static func retryAfter(_ head: CurlHead) -> RetryAfter? {
        if let value = head.value(of: "Retry-After") {
            if let seconds = Int(value) { return .seconds(max(0, seconds)) }
            if let date = httpDateSeconds(value) { return .date(date) }
        }
        if head.value(of: "X-RateLimit-Remaining") == "0",
            let reset = head.value(of: "X-RateLimit-Reset").flatMap({ Int64($0) })
        {
            return .date(reset)
        }
        return nil
    }
}
