import OpenSSL

extension World {
    /// What a request is worth: writing ones weigh more.
    private static let (readPoints, writePoints) = (1, 5)

    /// Answers a request to REST: who asks, whether he may still ask, the answer, and what GitHub puts around it.
    /// - Parameter latency: how long the answer is to take; the request runs meanwhile.
    func rest(_ call: BackendCall, latency: Duration) async throws -> Answer {
        guard let agent = call.header("user-agent"), !agent.isEmpty else {
            let words =
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
            return Answer(status: 403, headers: [("Content-Type", "text/plain")], body: Array("\(words)\n".utf8))
        }
        let caller: Caller
        do {
            caller = try authenticate(call.header("authorization"))
        } catch let failure as RESTFailure {
            return finished(failure.answer, call, Caller(principal: .anonymous), quota: nil)
        }
        let request = RESTCall(call, caller: caller)
        if request.segments == ["rate_limit"] {
            return finished(rateLimit(request), call, caller, quota: quota(of: caller))
        }
        if case .app = caller.principal { return finished(answer(request), call, caller, quota: nil) }

        let (name, limit) = (caller.principal.quotaName, hourlyLimit(of: caller.principal))
        let points = ["GET", "HEAD", "OPTIONS"].contains(call.method) ? Self.readPoints : Self.writePoints
        switch quotas.begin(name, limit: limit, points: points, limits: limits, now: clock.seconds) {
        case .primary(let quota):
            return finished(primaryLimit(caller), call, caller, quota: quota)
        case .secondary(let quota):
            return finished(secondaryLimit(), call, caller, quota: quota)
        case .go:
            do { try await Task.sleep(for: latency) } catch {
                _ = quotas.end(name, limit: limit, isFree: false, now: clock.seconds)
                throw error
            }
            var answer = answer(request)
            let etag = etag(answer, call, caller)
            if let etag, matches(call.header("if-none-match"), etag) {
                answer.status = 304
                answer.body = []
                // Free only to those who say who they are.
                answer.isFree = caller.principal != .anonymous
            }
            let quota = quotas.end(name, limit: limit, isFree: answer.isFree, now: clock.seconds)
            return finished(answer, call, caller, quota: quota, etag: etag)
        }
    }

    private func answer(_ request: RESTCall) -> RESTAnswer {
        do {
            return try route(request)
        } catch let failure as RESTFailure {
            return failure.answer
        } catch {
            // GitHub's own failures have no more words either; the log has them.
            report("request failed", error)
            return RESTFailure(500, "Server Error").answer
        }
    }

    // MARK: Validators

    /// Answers to two tokens have two tags, also where they are the same: what a client keeps is void with its token.
    private func etag(_ answer: RESTAnswer, _ call: BackendCall, _ caller: Caller) -> String? {
        guard answer.status == 200, call.method == "GET" || call.method == "HEAD" else { return nil }
        var digest = Digest(.sha256)
        for part in [caller.token, call.header("accept") ?? ""] { digest.update(Array("\(part)\0".utf8)) }
        digest.update(answer.body)
        let isWeak = answer.contentType == RESTAnswer.json
        return "\(isWeak ? "W/" : "")\"\(digest.finish().hexadecimal)\""
    }

    /// RFC 9110's weak comparison.
    private func matches(_ header: String?, _ etag: String) -> Bool {
        func opaque(_ tag: some StringProtocol) -> Substring {
            let text = Substring(tag).drop { $0 == " " }
            return text.hasPrefix("W/") ? text.dropFirst(2) : text
        }
        return header?.split(separator: ",").contains { opaque($0) == opaque(etag) } ?? false
    }

    // MARK: Headers

    private func finished(
        _ answer: RESTAnswer, _ call: BackendCall, _ caller: Caller, quota: QuotaBook.Quota?, etag: String? = nil
    ) -> Answer {
        let now = clock.seconds
        var headers: [(name: String, value: String)] = [("Server", "github.com"), ("Date", Timestamps.http(now))]
        // A 304 has no content that could have a type.
        if let type = answer.contentType, answer.status != 304 { headers.append(("Content-Type", type)) }
        headers += [
            ("Cache-Control", "\(caller.principal == .anonymous ? "public" : "private"), max-age=60, s-maxage=60"),
            ("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding, Accept, X-Requested-With"),
            ("X-GitHub-Media-Type", "github.v3; format=json"), ("X-GitHub-Api-Version-Selected", "2022-11-28"),
            ("X-Content-Type-Options", "nosniff"), ("X-GitHub-Request-Id", randomText("", count: 24)),
        ]
        if let etag { headers.append(("ETag", etag)) }
        if let modified = answer.lastModifiedSeconds { headers.append(("Last-Modified", Timestamps.http(modified))) }
        if let expires = caller.tokenExpiresAtSeconds {
            let time = Timestamps.iso(expires).replacing("T", with: " ").replacing("Z", with: " UTC")
            headers.append(("GitHub-Authentication-Token-Expiration", time))
        }
        if let quota {
            headers += [
                ("X-RateLimit-Limit", String(quota.limit)), ("X-RateLimit-Remaining", String(quota.remaining)),
                ("X-RateLimit-Used", String(quota.used)), ("X-RateLimit-Reset", String(quota.resetSeconds)),
                ("X-RateLimit-Resource", "core"),
            ]
        }
        return Answer(status: answer.status, headers: headers + answer.headers, body: answer.body)
    }
}
