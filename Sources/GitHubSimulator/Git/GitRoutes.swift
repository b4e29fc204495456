import Synchronization

extension World {
    /// A request below `/owner/name`: Git or large files.
    func git(_ call: BackendCall) throws -> Disposition {
        let segments = call.path.split(separator: "/").map(String.init)
        guard segments.count >= 3 else { return .answer(.text(404, "Not Found")) }
        let rest = segments.dropFirst(2).joined(separator: "/")
        let name = segments[1].hasSuffix(".git") ? String(segments[1].dropLast(4)) : segments[1]
        let caller: Caller
        do {
            caller = try authenticate(call.header("authorization"))
        } catch is RESTFailure {
            return .answer(.challenge("Bad credentials"))
        }
        if let perMinute = limits.gitRequestsPerMinute,
            !quotas.takeGitRequest(
                caller.principal.quotaName, limit: hourlyLimit(of: caller.principal), perMinute: perMinute,
                now: clock.seconds)
        {
            var answer = Answer.text(429, "You have exceeded a secondary rate limit.")
            answer.headers.append(("Retry-After", String(60 - clock.seconds % 60)))
            return .answer(answer)
        }
        let repository: HostedRepository
        var isMoved = false
        switch directory.withLock({ $0.entry("\(segments[0])/\(name)") }) {
        case .here(let found): repository = found
        case .moved(let found): (repository, isMoved) = (found, true)
        // Whoever says nothing of himself is asked to, since it might be private.
        case .none: return .answer(caller.principal == .anonymous ? .challenge() : .text(404, "Repository not found."))
        }
        let info = repository.info
        guard mayRead(caller, info), caller.permissions.map({ $0["contents"] != nil }) ?? true else {
            return .answer(caller.principal == .anonymous ? .challenge() : .text(404, "Repository not found."))
        }
        if let block = info.block {
            return .answer(.text(block.reason == "dmca" ? 451 : 403, "Repository unavailable due to DMCA takedown."))
        }
        if isMoved {
            let query = call.query.isEmpty ? "" : "?\(call.query)"
            var answer = Answer.text(301, "")
            answer.headers.append(("Location", "\(renderer.webURL)/\(info.fullName).git/\(rest)\(query)"))
            return .answer(answer)
        }
        return try git(call, rest, repository, caller)
    }

    private func git(_ call: BackendCall, _ rest: String, _ repository: HostedRepository, _ caller: Caller) throws
        -> Disposition
    {
        var inner = call
        inner.path = "/\(repository.id).git/\(rest)"
        switch rest {
        case "info/lfs/objects/batch": return .answer(try largeFileBatch(call, repository))
        case "info/refs" where call.query == "service=git-upload-pack":
            if call.gitProtocol?.contains("version=2") == true { return .answer(try capabilities(inner)) }
            return .git(inner)
        case "git-upload-pack":
            if let answer = try referenceAnswer(call, repository) { return .answer(answer) }
            return .git(inner)
        case "git-receive-pack", "info/refs":
            if caller.principal == .anonymous { return .answer(.challenge()) }
            guard case .user(let login) = caller.principal else { return .git(inner) }
            return .git(inner) { [self] in
                do { try repository.announceMoves(by: login) } catch {
                    report("push untold", error)
                }
            }
        default: return .answer(.text(404, "Not Found"))
        }
    }
}

extension Answer {
    static func text(_ status: Int, _ words: String) -> Answer {
        Answer(status: status, headers: [("Content-Type", "text/plain")], body: Array(words.utf8))
    }

    /// 401, as Git's own authentication wants it.
    static func challenge(_ words: String = "") -> Answer {
        var answer = text(401, words)
        answer.headers.append(("WWW-Authenticate", "Basic realm=\"GitHub\""))
        return answer
    }
}
