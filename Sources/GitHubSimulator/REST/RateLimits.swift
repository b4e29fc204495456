import Synchronization

extension World {
    private static let documentation =
        "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"

    /// Requests an hour.
    func hourlyLimit(of principal: Principal) -> Int {
        switch principal {
        case .anonymous: return limits.anonymousPerHour
        case .user, .app: return limits.userPerHour
        case .installation(let id):
            let installation = access.withLock { $0.installations[id] }
            let count = installation.map { installation in
                directory.withLock { $0.repositories.values.count { installation.covers($0.info) } }
            }
            let extra = max((count ?? 0) - 20, 0) * limits.installationPerRepository
            return min(
                limits.installationPerHour + extra,
                max(limits.installationMaximumPerHour, limits.installationPerHour))
        }
    }

    func quota(of caller: Caller) -> QuotaBook.Quota {
        quotas.quota(
            caller.principal.quotaName, limit: hourlyLimit(of: caller.principal), now: clock.seconds)
    }

    func rateLimit(_ request: RESTCall) -> RESTAnswer {
        func resource(_ quota: QuotaBook.Quota) -> JSONValue {
            [
                "limit": .integer(Int64(quota.limit)), "used": .integer(Int64(quota.used)),
                "remaining": .integer(Int64(quota.remaining)), "reset": .integer(quota.resetSeconds),
            ]
        }
        let core = quota(of: request.caller)
        // What nobody asks here has all it may have.
        let others: [(String, Int, Int64)] = [
            ("search", 30, 60), ("graphql", 5000, 3600), ("integration_manifest", 5000, 3600),
            ("source_import", 100, 60),
            ("code_scanning_upload", 1000, 3600), ("code_scanning_autofix", 10, 60),
            ("actions_runner_registration", 10_000, 3600), ("scim", 15_000, 3600), ("dependency_snapshots", 100, 60),
            ("audit_log", 1750, 3600), ("audit_log_streaming", 15, 3600), ("code_search", 10, 60),
        ]
        let resources =
            [(key: "core", value: resource(core))]
            + others.map { name, limit, seconds in
                (key: name, value: resource(.init(limit: limit, resetSeconds: clock.seconds + seconds)))
            }
        var answer = RESTAnswer.json(["resources": .object(resources), "rate": resource(core)])
        answer.isFree = true
        return answer
    }

    // MARK: Refusals

    func primaryLimit(_ caller: Caller) -> RESTAnswer {
        let whom =
            switch caller.principal {
            case .anonymous:
                "\(configuration.host). (But here's the good news: Authenticated requests get a higher rate limit. Check out the documentation for more details.)"
            case .user(let login): "user ID \(account(login).id)."
            case .installation(let id): "installation ID \(id)."
            case .app(let id): "app ID \(id)."
            }
        return RESTFailure(403, "API rate limit exceeded for \(whom)", documentation: Self.documentation).answer
    }

    func secondaryLimit() -> RESTAnswer {
        var failure = RESTFailure(
            403,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            documentation: Self.documentation + "#about-secondary-rate-limits")
        failure.headers = [("Retry-After", String(limits.secondaryRetrySeconds))]
        return failure.answer
    }
}

extension GitHubServer {
    // MARK: Quotas

    /// Leaves a token's owner (nil for those without one) so many requests until the reset.
    /// - Parameter resetInSeconds: from now; nil leaves the reset where it is.
    public func setQuota(remaining: Int, of token: String?, resetInSeconds: Int64? = nil) throws {
        let caller = try world.authenticate(token.map { "token \($0)" })
        let now = world.clock.seconds
        world.quotas.setRemaining(
            remaining, of: caller.principal.quotaName, limit: world.hourlyLimit(of: caller.principal),
            resetSeconds: resetInSeconds.map { now + $0 }, now: now)
    }

    /// What a token's owner (nil for those without one) has used and has left.
    public func quota(of token: String?) throws -> (used: Int, remaining: Int, resetSeconds: Int64) {
        let quota = world.quota(of: try world.authenticate(token.map { "token \($0)" }))
        return (quota.used, quota.remaining, quota.resetSeconds)
    }
}
