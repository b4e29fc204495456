import GitHubSimulator

/// What can be done to the simulated GitHub from outside.
struct Commands {
    struct Misuse: Error, CustomStringConvertible {
        var description: String
    }

    let server: GitHubServer
    private var apps: [Int64: App] = [:]

    init(server: GitHubServer) { self.server = server }

    private static let help: [(words: String, meaning: String)] = [
        ("organization LOGIN", "an account that is no user's"),
        ("create OWNER/NAME [private] [PATH=TEXT]…", "a repository; without files it is empty"),
        ("push OWNER/NAME BRANCH PATH=TEXT…", "a commit; PATH= removes the file"),
        ("force OWNER/NAME BRANCH PARENT PATH=TEXT…", "the same on another parent"),
        ("branch OWNER/NAME NAME [REVISION]", "points a branch, or deletes it"),
        ("rename OWNER/NAME NEW", ""), ("transfer OWNER/NAME OWNER", ""), ("delete OWNER/NAME", ""),
        ("private OWNER/NAME", ""), ("public OWNER/NAME", ""), ("block OWNER/NAME", "451 from now on"),
        ("describe OWNER/NAME TEXT", ""), ("token LOGIN", "a user's token that does not expire"),
        ("app OWNER", "an App with its key"), ("install APP OWNER [OWNER/NAME]…", "on all or some repositories"),
        ("suspend INSTALLATION", ""), ("user-token LOGIN APP", "a token that expires, with its refresh token"),
        ("webhook URL SECRET [APP]", "where events go"), ("settle", "waits until all webhooks are sent"),
        ("mishaps LOST REPEATED REORDERED", "how often webhooks go astray, from 0 to 1"),
        ("quota TOKEN REMAINING", "what is left until the reset"), ("unavailable TIMES", "REST answers 503"),
        ("advance SECONDS", "the clock"), ("traffic", "what has passed since it was last asked for"),
    ]

    mutating func run(_ words: [String]) async throws -> [String: Any] {
        guard let name = words.first else { return [:] }
        let rest = Array(words.dropFirst())
        func word(_ index: Int) throws -> String {
            guard rest.indices.contains(index) else { throw Misuse(description: "\(name) wants more: see help") }
            return rest[index]
        }
        func number(_ index: Int) throws -> Int64 {
            guard let number = Int64(try word(index)) else {
                throw Misuse(description: "\(try word(index)) is no number")
            }
            return number
        }
        func repository(_ index: Int = 0) throws -> HostedRepository {
            guard let found = server.repository(try word(index)) else {
                throw Misuse(description: "there is no \(try word(index))")
            }
            return found
        }
        func changes(from index: Int) -> HostedRepository.Changes {
            rest.dropFirst(index).reduce(into: [:]) { changes, pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let text = parts.count > 1 ? String(parts[1]) : ""
                changes[RepositoryPath(parts[0])] = .some(text.isEmpty ? nil : .text(text + "\n"))
            }
        }
        switch name {
        case "help": return Dictionary(uniqueKeysWithValues: Self.help.map { ($0.words, $0.meaning) })
        case "organization": server.addOrganization(try word(0))
        case "create":
            let isPrivate = rest.contains("private")
            let files = changes(from: isPrivate ? 2 : 1).compactMapValues { $0 }
            return describe(try server.addRepository(try word(0), isPrivate: isPrivate, files: files))
        case "push": return describe(try repository().push(changes(from: 2), on: word(1)))
        case "force": return describe(try repository().push(changes(from: 3), on: word(1), parent: .commit(word(2))))
        case "branch": return describe(try repository().setBranch(word(1), to: rest.count > 2 ? word(2) : nil))
        case "rename": try repository().rename(to: word(1))
        case "transfer": try repository().transfer(to: word(1))
        case "delete": try repository().delete()
        case "private": try repository().setPrivate(true)
        case "public": try repository().setPrivate(false)
        case "block": try repository().takeDown()
        case "describe": try repository().setDescription(rest.dropFirst().joined(separator: " "))
        case "token": return ["token": server.makeToken(user: try word(0))]
        case "app":
            let app = try server.registerApp(owner: word(0))
            apps[app.id] = app
            return [
                "id": app.id, "key": app.privateKeyPEM ?? "", "clientID": app.clientID,
                "clientSecret": app.clientSecret,
            ]
        case "install":
            let repositories = try rest.indices.dropFirst(2).map { try repository($0) }
            let app = try app(number(0))
            return [
                "id": server.install(app, on: try word(1), repositories: repositories.isEmpty ? nil : repositories).id
            ]
        case "suspend":
            guard let installation = server.installation(try number(0)) else {
                throw Misuse(description: "there is no such installation")
            }
            server.suspend(installation)
        case "user-token":
            let token = server.makeToken(user: try word(0), app: try app(number(1)))
            return ["token": token.token, "refreshToken": token.refreshToken ?? ""]
        case "webhook":
            if rest.count > 2 {
                server.setWebhook(of: try app(number(2)), url: try word(0), secret: try word(1))
            } else {
                server.setWebhook(url: try word(0), secret: try word(1))
            }
        case "settle":
            try await server.webhooksSettled()
            return ["deliveries": server.deliveries.count]
        case "mishaps":
            let shares = try (0..<3).map { Double(try word($0)) ?? 0 }
            server.setWebhookFaults(.init(lost: shares[0], repeated: shares[1], reordered: shares[2]))
        case "quota": try server.setQuota(remaining: Int(number(1)), of: word(0))
        case "unavailable": server.inject(.unavailable, on: [.rest], times: Int(try number(0)))
        case "advance": server.advanceClock(bySeconds: try number(0))
        case "traffic":
            let traffic = server.traffic
            server.resetTraffic()
            return [
                "requests": traffic.count, "rest": traffic.count(of: .rest), "receivedBytes": traffic.receivedBytes,
                "sentBytes": traffic.sentBytes,
            ]
        default: throw Misuse(description: "there is no command \(name): see help")
        }
        return [:]
    }

    private func app(_ id: Int64) throws -> App {
        guard let app = apps[id] else { throw Misuse(description: "there is no App \(id)") }
        return app
    }

    private func describe(_ repository: HostedRepository) -> [String: Any] {
        ["id": repository.id, "clone": repository.cloneURL]
    }

    private func describe(_ push: HostedRepository.Push) -> [String: Any] {
        ["before": push.before, "after": push.after]
    }
}
