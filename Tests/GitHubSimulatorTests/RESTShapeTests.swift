import Foundation
import Testing

@testable import GitHubSimulator

/// What REST answers looks like what GitHub has answered to others.
@Suite(.enabled(if: Recorded.isThere, "needs the recorded answers")) struct RESTShapeTests {
    /// What GitHub tells of users since the payloads were recorded.
    private func withoutNewer(_ found: Set<String>) -> Set<String> { found.filter { !$0.hasSuffix("user_view_type") } }

    @Test func repositories() async throws {
        try await withGitHub { _, repository, client in
            let ours = try await client.get("/repos/acme/widgets").json
            let recorded = try Recorded.answer("Repository.testCompareCommitPagination")
            #expect(
                withoutNewer(differences(recorded: recorded, ours: ours)) == [])
            let byNumber = try await client.get("/repositories/\(repository.id)").object
            #expect(byNumber["full_name"] as? String == "acme/widgets")
        }
    }

    @Test func comparisons() async throws {
        try await withGitHub { server, repository, client in
            let push = try repository.push(["README.md": "# Other\n"])
            let path = "/repos/acme/widgets/compare/\(push.before)...main?page=1"
            let reply = try await client.get(path)
            var recorded = try #require(try Recorded.answer("Repository.testCompare") as? [String: Any])
            // The author of the recorded one is a user.
            #expect(withoutNewer(differences(recorded: recorded, ours: try reply.json)) == [])
            recorded["files"] = nil
            let files = try #require(try reply.object["files"] as? [[String: Any]])
            #expect(files.first?["patch"] as? String == "@@ -1 +1 @@\n-# Widgets\n+# Other")
            _ = server
        }
    }

    @Test func treesAndBlobs() async throws {
        try await withGitHub { _, repository, client in
            let tree = try repository.builder.resolve("main^{tree}")
            let reply = try await client.get("/repos/acme/widgets/git/trees/\(tree)?recursive=1")
            let recorded = try Recorded.answer("Repository.testGetGitTreeWithRecursive")
            // Recorded before GitHub said whether it had left something out.
            #expect(differences(recorded: recorded, ours: try reply.json) == ["+truncated"])
            let entries = try #require(try reply.object["tree"] as? [[String: Any]])
            let paths = entries.compactMap { $0["path"] as? String }
            #expect(paths == ["README.md", "src", "src/a.txt", "src/deep", "src/deep/b.txt"])

            let id = try #require(entries.first?["sha"] as? String)
            let blob = try await client.get("/repos/acme/widgets/git/blobs/\(id)")
            let recordedBlob = try Recorded.answer("GitBlob.setUp", number: 2)
            #expect(differences(recorded: recordedBlob, ours: try blob.json) == ["+node_id"])
            #expect(try blob.object["content"] as? String == "IyBXaWRnZXRzCg==\n")
            let raw = try await client.get("/repos/acme/widgets/git/blobs/\(id)", accept: "application/vnd.github.raw")
            #expect(raw.text == "# Widgets\n")
        }
    }

    @Test func referencesAndContents() async throws {
        try await withGitHub { _, _, client in
            let references = try await client.get("/repos/acme/widgets/git/refs").json
            #expect(differences(recorded: try Recorded.fixture("git-refs"), ours: references) == [])
            let contents = try await client.get("/repos/acme/widgets/contents/").json
            #expect(differences(recorded: try Recorded.fixture("get-content"), ours: contents) == [])
            let file = try await client.get("/repos/acme/widgets/contents/README.md").object
            #expect(file["content"] as? String == "IyBXaWRnZXRzCg==\n")
        }
    }

    @Test func appsAndTokens() async throws {
        try await withGitHub { server, repository, _ in
            let app = try server.registerApp(owner: "acme")
            let installation = server.install(app, on: "acme", repositories: [repository])
            let client = Client(server: server, token: try app.token(server))
            let found = try await client.get("/repos/acme/widgets/installation").json
            let recorded = try Recorded.answer("GithubIntegration.testGetAppInstallation")
            let differing = differences(recorded: recorded, ours: found).filter { !$0.contains("permissions.") }
            #expect(differing == [])

            let path = "/app/installations/\(installation.id)/access_tokens"
            let token = try await client.send("POST", path, body: Array(#"{"permissions": {}}"#.utf8))
            #expect(token.status == 201)
            let recordedToken = try Recorded.answer("GithubIntegration.testGetAccessToken")
            #expect(
                differences(recorded: recordedToken, ours: try token.json).filter { !$0.contains("permissions.") }
                    == [])
            let own = differences(
                recorded: try Recorded.answer("GithubIntegration.testGetApp"), ours: try await client.get("/app").json)
            #expect(own.filter { !$0.contains("permissions.") } == ["+client_id"])
        }
    }

    @Test func deliveries() async throws {
        try await withGitHub { server, repository, _ in
            let app = try server.registerApp(owner: "acme")
            server.install(app, on: "acme")
            let receiver = Receiver()
            try await receiver.receive { url in
                server.setWebhook(of: app, url: url, secret: "s")
                try repository.push(["a": "a"])
                try await server.webhooksSettled()
            }
            let client = Client(server: server, token: try app.token(server))
            let list = try await client.get("/app/hook/deliveries")
            #expect(
                differences(recorded: try Recorded.answer("Github.testGetHookDeliveries"), ours: try list.json) == [])
            let id = try #require(try list.array.first?["id"] as? Int)
            let detail = try await client.get("/app/hook/deliveries/\(id)").object
            let recorded = try Recorded.answer("Github.testGetHookDelivery")
            let found = differences(recorded: recorded, ours: detail)
            #expect(found.filter { !$0.contains("headers.") && !$0.contains("payload.") } == [])
            let payload = try #require((detail["request"] as? [String: Any])?["payload"] as? [String: Any])
            #expect(payload["ref"] as? String == "refs/heads/main")
        }
    }

    @Test func limitsMovesAndFailures() async throws {
        try await withGitHub { server, repository, client in
            let limits = try await client.get("/rate_limit").json
            #expect(differences(recorded: try Recorded.answer("RateLimitOverview.setUp"), ours: limits) == [])

            try repository.rename(to: "gadgets")
            let moved = try await client.get("/repos/acme/widgets")
            #expect(moved.status == 301)
            #expect(moved.headers["location"] == "\(server.apiURL)/repositories/\(repository.id)")
            let recorded = try Recorded.answer("Repository.testGetRepositoryWith301Redirect")
            #expect(differences(recorded: recorded, ours: try moved.json) == [])

            let missing = try await client.get("/repos/acme/none")
            #expect(missing.status == 404)
            let failure = try Recorded.answer("GithubIntegration.testGetAccessTokenForNoInstallation")
            #expect(differences(recorded: failure, ours: try missing.json) == ["+status"])
        }
    }
}
