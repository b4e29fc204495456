import Foundation
import OpenSSL
import Testing

@testable import GitHubSimulator

/// Who may read what, for how long, and how often.
@Suite struct AccessTests {
    @Test func webTokensAreChecked() async throws {
        try await withGitHub { server, _, _ in
            let app = try server.registerApp(owner: "acme")
            let now = server.world.clock.seconds
            func ask(_ token: String) async throws -> (Int, String) {
                let reply = try await Client(server: server, token: token).get("/app")
                return (reply.status, try reply.object["message"] as? String ?? "")
            }
            #expect(try await ask(webToken(app, issuedAt: now - 60, expiresAt: now + 540)).0 == 200)
            let bad: [(String, String)] = [
                (try webToken(app, issuedAt: now - 60, expiresAt: now), "must be a numeric value"),
                (try webToken(app, issuedAt: now - 60, expiresAt: now + 601), "too far in the future"),
                (try webToken(app, issuedAt: now + 5, expiresAt: now + 60), "'Issued at' claim"),
                (try webToken(app, algorithm: "HS256", issuedAt: now, expiresAt: now + 60), "could not be decoded"),
                (
                    try webToken(app, issuedAt: now, expiresAt: now + 60, key: RSAPrivateKey.generate(bits: 2048)),
                    "could not be decoded"
                ),
                ("a.b.c", "could not be decoded"),
            ]
            for (token, words) in bad {
                let (status, message) = try await ask(token)
                #expect(status == 401 && message.contains(words), "\(message)")
            }
        }
    }

    @Test func installationTokensExpireAndAreSuspended() async throws {
        try await withGitHub { server, repository, _ in
            repository.setPrivate(true)
            let other = try server.addRepository("acme/other", isPrivate: true, files: ["a": "a"])
            let app = try server.registerApp(owner: "acme")
            let installation = server.install(app, on: "acme", repositories: [repository])
            let asking = Client(server: server, token: try app.token(server))
            let path = "/app/installations/\(installation.id)/access_tokens"
            let made = try await asking.send("POST", path).object
            let client = Client(server: server, token: try #require(made["token"] as? String))
            #expect(made["expires_at"] as? String == Timestamps.iso(server.world.clock.seconds + 3600))

            #expect(try await client.get("/repos/acme/widgets").status == 200)
            #expect(try await client.get("/repos/acme/other").status == 404)
            #expect(try await Client(server: server).get("/repos/acme/widgets").status == 404)
            let listed = try await client.get("/installation/repositories").object
            #expect(listed["total_count"] as? Int == 1)
            server.add([other], to: installation)
            #expect(try await client.get("/repos/acme/other").status == 200)

            server.suspend(installation)
            #expect(try await client.get("/repos/acme/widgets").status == 403)
            #expect(try await asking.send("POST", path).status == 403)
            server.unsuspend(installation)
            #expect(try await client.get("/repos/acme/widgets").status == 200)
            server.advanceClock(bySeconds: 3600)
            #expect(try await client.get("/repos/acme/widgets").status == 401)
            server.uninstall(installation)
            let again = Client(server: server, token: try app.token(server))
            #expect(try await again.send("POST", path).status == 404)
        }
    }

    @Test func userTokensAreRefreshedOnce() async throws {
        try await withGitHub { server, repository, _ in
            repository.setPrivate(true)
            repository.grant(to: "bob")
            let app = try server.registerApp(owner: "acme")
            let first = server.makeToken(user: "bob", app: app)
            #expect(try await Client(server: server, token: first.token).get("/repos/acme/widgets").status == 200)
            let form = FormText.encoded([
                ("client_id", app.clientID), ("client_secret", app.clientSecret), ("grant_type", "refresh_token"),
                ("refresh_token", try #require(first.refreshToken)),
            ])
            func refresh() async throws -> [String: Any] {
                try await Client(server: server).send(
                    "POST", "\(server.gitURL)/login/oauth/access_token", accept: "application/json",
                    body: Array(form.utf8)
                ).object
            }
            let token = try #require(try await refresh()["access_token"] as? String)
            #expect(try await Client(server: server, token: token).get("/repos/acme/widgets").status == 200)
            #expect(try await Client(server: server, token: first.token).get("/repos/acme/widgets").status == 401)
            #expect(try await refresh()["error"] as? String == "bad_refresh_token")
            server.advanceClock(bySeconds: 8 * 3600)
            #expect(try await Client(server: server, token: token).get("/repos/acme/widgets").status == 401)
        }
    }

    @Test func namesLeadToNumbers() async throws {
        try await withGitHub { server, repository, client in
            try repository.rename(to: "gadgets")
            let moved = try await client.get("/repos/Acme/Widgets/git/ref/heads%2Fmain?x=1")
            #expect(moved.status == 301)
            let address = try #require(moved.headers["location"])
            #expect(address == "\(server.apiURL)/repositories/\(repository.id)/git/ref/heads%2Fmain?x=1")
            #expect(try await client.get(address).status == 200)
            #expect(try await client.send("PATCH", "/repos/acme/widgets").status == 307)
            // A new one under the old name is another repository.
            let new = try server.addRepository("acme/widgets", files: ["new": "new"])
            #expect(try await client.get("/repos/acme/widgets").object["id"] as? Int64 == new.id)
            #expect(try await client.get("/repos/acme/gadgets").object["id"] as? Int64 == repository.id)
            try repository.transfer(to: "bob")
            #expect(
                try await client.get("/repos/acme/gadgets").headers["location"]?.hasSuffix("\(repository.id)") == true)
            try new.delete()
            #expect(try await client.get("/repos/acme/widgets").status == 404)
            #expect(try server.addRepository("acme/widgets").id > new.id)
        }
    }

    @Test func blockedRepositories() async throws {
        try await withGitHub { server, repository, client in
            repository.takeDown()
            let reply = try await client.get("/repos/acme/widgets/commits/main")
            #expect(reply.status == 451)
            #expect((try reply.object["block"] as? [String: Any])?["reason"] as? String == "dmca")
            let error = await #expect(throws: SimulatorError.self) {
                try await GitClient.run(["ls-remote", repository.cloneURL], in: "/")
            }
            #expect(error?.message.contains("451") == true)
            repository.restore()
            #expect(try await client.get("/repos/acme/widgets").status == 200)
            _ = server
        }
    }

    @Test func primaryLimits() async throws {
        try await withGitHub({ $0.limits.userPerHour = 5 }) { server, _, client in
            for number in 1...5 {
                let reply = try await client.get("/repos/acme/none")
                #expect(reply.status == 404 && reply.headers["x-ratelimit-remaining"] == String(5 - number))
            }
            let refused = try await client.get("/repos/acme/widgets")
            #expect(refused.status == 403 && refused.headers["x-ratelimit-remaining"] == "0")
            #expect(try #require(refused.object["message"] as? String).hasPrefix("API rate limit exceeded for user ID"))
            #expect(refused.headers["x-ratelimit-reset"] == String(1_700_000_000 + 3600))
            #expect(try await client.get("/rate_limit").status == 200)
            // Others have their own.
            let other = Client(server: server, token: server.makeToken(user: "bob"))
            #expect(try await other.get("/repos/acme/widgets").status == 200)
            server.advanceClock(bySeconds: 3600)
            #expect(try await client.get("/repos/acme/widgets").status == 200)
            #expect(try await client.get("/repos/acme/widgets", headers: [("User-Agent", "")]).status == 403)
        }
    }

    @Test func secondaryLimits() async throws {
        try await withGitHub({ $0.limits.pointsPerMinute = 3 }) { server, _, client in
            for _ in 0..<3 { #expect(try await client.get("/repos/acme/widgets").status == 200) }
            let refused = try await client.get("/repos/acme/widgets")
            #expect(refused.status == 403 && refused.headers["retry-after"] == "60")
            #expect(refused.headers["x-ratelimit-remaining"] == "4997")
            server.advanceClock(bySeconds: 60)
            #expect(try await client.get("/repos/acme/widgets").status == 200)
        }
        try await withGitHub({ $0.limits.concurrentRequests = 2 }) { server, _, client in
            server.inject(.latency(.milliseconds(200)), on: [.rest])
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await client.get("/repos/acme/widgets").status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200, 200, 403, 403])
        }
    }
}
