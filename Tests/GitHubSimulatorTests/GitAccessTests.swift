import Testing

@testable import GitHubSimulator

/// Git itself, as it finds a simulated GitHub.
@Suite struct GitAccessTests {
    private func url(_ repository: HostedRepository, _ token: String) -> String {
        repository.cloneURL.replacing("http://", with: "http://x-access-token:\(token)@")
    }

    @Test func privateOnesWantAToken() async throws {
        try await withGitHub { server, repository, _ in
            try repository.push(["late": "late"])
            repository.setPrivate(true)
            let root = server.world.configuration.root
            func clone(_ url: String, _ name: String) async throws {
                try await GitClient.run(["clone", "-q", url, "\(root)/\(name)"], in: root)
            }
            for (token, words) in [
                ("", "could not read Username"), (server.makeToken(user: "eve"), "not found"),
                ("ghs_none", "Authentication failed"),
            ] {
                let address = token.isEmpty ? repository.cloneURL : url(repository, token)
                let error = await #expect(throws: SimulatorError.self) { try await clone(address, "none") }
                #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            }
            let app = try server.registerApp(owner: "acme")
            let token = server.makeToken(of: server.install(app, on: "acme"))
            try await clone(url(repository, token), "copy")
            let listing = try await GitClient.run(["ls-tree", "-r", "HEAD"], in: "\(root)/copy")
            #expect(listing == (try repository.builder.listing()))
            // Git follows to the new name.
            let old = url(repository, token)
            try repository.rename(to: "gadgets")
            try await clone(old, "moved")
            // Public, it is anybody's.
            repository.setPrivate(false)
            try await clone(repository.cloneURL, "public")
        }
    }

    @Test func referencesAreAsGitTellsThem() async throws {
        try await withGitHub { server, repository, _ in
            try repository.push(["x": "x"], on: "feature/x")
            func both(_ arguments: [String]) async throws -> (String, String) {
                let own = try await GitClient.run(
                    ["ls-remote", "--symref"] + arguments + [repository.cloneURL], in: "/")
                let git = try await GitClient.run(["ls-remote", "--symref"] + arguments + [repository.path], in: "/")
                return (String(decoding: own, as: UTF8.self), String(decoding: git, as: UTF8.self))
            }
            for arguments in [[], ["--heads"]] {
                let (own, git) = try await both(arguments)
                #expect(own == git && own.contains("feature/x"))
            }
            // Annotated tags are told with what they name.
            let identity = ["-c", "user.name=Eve", "-c", "user.email=eve@example.org"]
            try repository.builder.git(identity + ["tag", "-a", "-m", "v", "v1", "main"])
            let (own, git) = try await both([])
            #expect(own == git && own.contains("v1^{}"))
            // Packed references and objects are found too.
            try repository.builder.git(["gc", "-q"])
            #expect(try repository.head(of: "feature/x") == (try repository.builder.head(of: "feature/x")))
            try repository.push(["y": "y"])
            try repository.builder.git(["fsck", "--strict"])
            let (after, truth) = try await both([])
            #expect(after == truth)
            try repository.setBranch("feature/x", to: nil)
            #expect(try repository.builder.head(of: "feature/x") == nil)
            _ = server
        }
    }

    @Test func pushesByGitAreTold() async throws {
        try await withGitHub { server, repository, _ in
            server.setWebhook(url: "http://127.0.0.1:9/", secret: "s")
            let root = server.world.configuration.root
            let work = "\(root)/work"
            try await GitClient.run(["clone", "-q", url(repository, server.makeToken(user: "acme")), work], in: root)
            let identity = ["user.name": "Eve", "user.email": "eve@example.org"]
            try await GitClient.run(["commit", "-q", "--allow-empty", "-m", "One"], in: work, configuration: identity)
            try await GitClient.run(["push", "-q", "origin", "main"], in: work)
            let pushes = server.deliveries.filter { $0.event == "push" }
            #expect(pushes.count == 1)
            #expect(String(decoding: pushes[0].payload, as: UTF8.self).contains(#""message":"One""#))
        }
    }

    @Test func gitHasALimitOfItsOwn() async throws {
        try await withGitHub({ $0.limits.gitRequestsPerMinute = 1 }) { server, repository, _ in
            let error = await #expect(throws: SimulatorError.self) {
                try await GitClient.run(["ls-remote", repository.cloneURL], in: "/")
            }
            #expect(error?.message.contains("429") == true)
            #expect(server.traffic.requests.last?.status == 429)
        }
    }
}
