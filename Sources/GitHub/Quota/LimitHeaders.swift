import Curl
import Events

extension QuotaAccount.Verdict {
    /// Reads the headers of an answer, and of a refusal its words.
    ///
    /// - Parameter words: the body of a refusal, to tell a limit from a missing right: both are 403.
    init(_ head: CurlHead, words: [UInt8]) {
        rateLimit = RateLimit(head)
        guard head.status == 403 || head.status == 429 else { return }
        if let wait = head.value(of: "Retry-After") {
            if let seconds = Int64(wait) {
                pause = .seconds(Double(max(0, seconds)))
                return
            }
            if let date = httpDateSeconds(wait) {
                pause = .until(Timestamp(seconds: date))
                return
            }
        }
        if head.value(of: "X-RateLimit-Remaining") == "0" {
            pause =
                head.value(of: "X-RateLimit-Reset").flatMap { Int64($0) }.map { .until(Timestamp(seconds: $0)) }
                ?? .unsaid
            return
        }
        let text = String(decoding: words.prefix(Self.wordsByteCount), as: UTF8.self).lowercased()
        if head.status == 429 || text.contains("rate limit") || text.contains("abuse detection") { pause = .unsaid }
    }

    /// How much of a refusal is read.
    private static let wordsByteCount = 4096
}

extension RateLimit {
    /// The primary limit of the REST API; nil where an answer does not tell it, or tells that of another resource.
    init?(_ head: CurlHead) {
        guard ["core", nil].contains(head.value(of: "X-RateLimit-Resource")),
            let limit = head.value(of: "X-RateLimit-Limit").flatMap({ UInt64($0) }),
            let remaining = head.value(of: "X-RateLimit-Remaining").flatMap({ UInt64($0) }),
            let reset = head.value(of: "X-RateLimit-Reset").flatMap({ Int64($0) }),
            (0...Self.latestReset).contains(reset)
        else { return nil }
        self.init(limit: limit, remaining: remaining, resetAt: Timestamp(seconds: reset))
    }

    /// The end of the year 9999, in seconds since 1970.
    private static let latestReset: Int64 = 253_402_300_799
}
