import Foundation
import Testing

@testable import GitHubSimulator

/// What REST and Git say of content, at its edges.
@Suite struct ContentTests {
    @Test func pushesWithoutGitAreWhatGitWouldMake() async throws {
        try await withGitHub { server, repository, _ in
            // The same changes by git give the same trees, whatever is added, replaced and removed.
            let oracle = try RepositoryBuilder(at: "\(server.world.configuration.root)/oracle.git")
            for (path, text) in ["README.md": "# Widgets\n", "src/a.txt": "a\n", "src/deep/b.txt": "b\n"] {
                oracle.write(RepositoryPath(path), .text(text))
            }
            try oracle.commit()
            var random = SplitMix64(state: 7)
            print("seed 7")
            let names = ["a", "a.b", "a/b", "a/b/c", "a0", "src/a.txt", "src/deep/b.txt", "z/y/x", "ä\"\n"]
            for round in 0..<30 {
                var changes: HostedRepository.Changes = [:]
                var free = names.shuffled(using: &random)
                for _ in 0..<3 {
                    let name = free.removeLast()
                    // A file and a folder of one name cannot both be.
                    let clashes = changes.keys.contains { key in
                        let other = String(decoding: key.bytes, as: UTF8.self)
                        return other.hasPrefix(name + "/") || name.hasPrefix(other + "/")
                    }
                    if clashes { continue }
                    let removes = Int.random(in: 0..<4, using: &random) == 0
                    changes[RepositoryPath(name)] = .some(removes ? nil : .text("round \(round)\n"))
                    if removes {
                        oracle.remove(RepositoryPath(name))
                    } else {
                        oracle.write(RepositoryPath(name), .text("round \(round)\n"))
                    }
                }
                try repository.push(changes)
                try oracle.commit()
                let (ours, theirs) = (try repository.builder.listing(at: "main"), try oracle.listing())
                #expect(ours == theirs, "round \(round): \(String(decoding: ours, as: UTF8.self))")
            }
            try repository.builder.git(["fsck", "--strict"])
        }
    }

    @Test func anEmptyRepository() async throws {
        try await withGitHub { server, _, client in
            try server.addRepository("acme/empty")
            for path in ["git/trees/main?recursive=1", "commits/main", "commits", "git/refs", "git/ref/heads/main"] {
                let reply = try await client.get("/repos/acme/empty/\(path)")
                #expect(reply.status == 409, "\(path)")
                #expect(try reply.object["message"] as? String == "Git Repository is empty.")
            }
            #expect(try await client.get("/repos/acme/empty/branches").text == "[]")
        }
    }

    @Test func theIDOfABranchAlone() async throws {
        try await withGitHub { server, repository, client in
            let path = "/repos/acme/widgets/commits/feature/x"
            #expect(try await client.get(path, accept: "application/vnd.github.sha").status == 422)
            let push = try repository.push(["x": "1"], on: "feature/x")
            let first = try await client.get(path, accept: "application/vnd.github.sha")
            #expect(first.text == push.after)
            let etag = try #require(first.headers["etag"])
            let before = try server.quota(of: client.token).remaining
            let same = try await client.get(
                path, accept: "application/vnd.github.sha", headers: [("If-None-Match", etag)])
            #expect(same.status == 304 && same.body.isEmpty)
            #expect(try server.quota(of: client.token).remaining == before)
            // The same answer to another token has another tag.
            let other = Client(server: server, token: server.makeToken(user: "acme"))
            let again = try await other.get(
                path, accept: "application/vnd.github.sha", headers: [("If-None-Match", etag)])
            #expect(again.status == 200 && again.headers["etag"] != etag)
            try repository.push(["x": "2"], on: "feature/x")
            let changed = try await client.get(
                path, accept: "application/vnd.github.sha", headers: [("If-None-Match", etag)])
            #expect(changed.status == 200)
            #expect(try server.quota(of: client.token).remaining == before - 2)
        }
    }

    @Test func comparisonsEndAtTheirLimits() async throws {
        try await withGitHub({
            $0.limits.comparedFiles = 3
            $0.limits.comparedCommits = 2
        }) { _, repository, client in
            let base = try #require(try repository.head())
            try repository.push(commits: (0..<5).map { ["n\($0)": "\($0)"] })
            let reply = try await client.get("/repos/acme/widgets/compare/\(base)...main").object
            #expect((reply["files"] as? [Any])?.count == 3)
            #expect((reply["commits"] as? [Any])?.count == 2)
            #expect(reply["total_commits"] as? Int == 5 && reply["status"] as? String == "ahead")
            // What was rewritten is compared with what both have.
            try repository.push(["other": "o"], parent: .commit(base))
            try repository.builder.git(["tag", "old", "main"])
            try repository.push(["README.md": nil], parent: .commit(base))
            let rewritten = try await client.get("/repos/acme/widgets/compare/old...main").object
            #expect(rewritten["status"] as? String == "diverged")
            let files = try #require(rewritten["files"] as? [[String: Any]])
            #expect(files.map { $0["status"] as? String } == ["removed"])
        }
    }

    @Test func renamesAndKindsInComparisons() async throws {
        try await withGitHub { _, repository, client in
            let base = try #require(try repository.head())
            try repository.update { builder in
                builder.rename("src/a.txt", to: "src/c.txt")
                builder.write("bin", .generated(sizeBytes: 2000, seed: 1))
                builder.submodule("module", commit: base)
                builder.symlink("link", to: "README.md")
                try builder.commit()
            }
            let reply = try await client.get("/repos/acme/widgets/compare/\(base)...main").object
            let files = try #require(reply["files"] as? [[String: Any]])
            let told = files.map { "\($0["status"] ?? "") \($0["filename"] ?? "") \($0["previous_filename"] ?? "")" }
            #expect(told == ["added bin ", "added link ", "added module ", "renamed src/c.txt src/a.txt"])
            let module = try await client.get("/repos/acme/widgets/contents/module").object
            #expect(module["type"] as? String == "submodule")
            let list = try await client.get("/repos/acme/widgets/contents/").array
            #expect(list.first { $0["name"] as? String == "module" }?["type"] as? String == "file")
            let link = try await client.get("/repos/acme/widgets/contents/link", accept: "application/vnd.github.raw")
            #expect(link.text == "# Widgets\n")
        }
    }

    @Test(arguments: [true, false]) func treesEndAtTheirLimits(byCount: Bool) async throws {
        try await withGitHub({ if byCount { $0.limits.treeEntries = 3 } else { $0.limits.treeBytes = 600 } }) {
            _, _, client in
            let whole = try await client.get("/repos/acme/widgets/git/trees/main").object
            #expect(whole["truncated"] as? Bool == false)
            let cut = try await client.get("/repos/acme/widgets/git/trees/main?recursive=1").object
            #expect(cut["truncated"] as? Bool == true)
            #expect((cut["tree"] as? [Any])?.count == (byCount ? 3 : 2))
        }
    }

    @Test func largeBlobsAreRefused() async throws {
        try await withGitHub({ $0.limits.blobBytes = 10 }) { _, repository, client in
            try repository.push(["big": "eleven byte"])
            let id = try repository.builder.resolve("main:big")
            let reply = try await client.get("/repos/acme/widgets/git/blobs/\(id)")
            #expect(reply.status == 403)
            #expect(reply.text.contains("too_large"))
        }
    }

    @Test func largeFilesByTheirBatch() async throws {
        try await withGitHub { server, repository, client in
            guard case .bytes(let pointer) = try repository.addLargeFile("large content") else { return }
            let oid = try #require(
                String(decoding: pointer, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("oid") })
            let object = #"{"oid":"\#(oid.dropFirst(11))","size":13}"#
            let missing = #"{"oid":"\#(String(repeating: "a", count: 64))","size":1}"#
            let type = "application/vnd.git-lfs+json"
            let batch = try await client.send(
                "POST", "\(server.gitURL)/acme/widgets.git/info/lfs/objects/batch", accept: type,
                headers: [("Content-Type", type)],
                body: Array(#"{"operation":"download","transfers":["basic"],"objects":[\#(object),\#(missing)]}"#.utf8))
            let objects = try #require(try batch.object["objects"] as? [[String: Any]])
            #expect((objects[1]["error"] as? [String: Any])?["code"] as? Int == 404)
            let download = try #require((objects[0]["actions"] as? [String: Any])?["download"] as? [String: Any])
            let link = try #require(download["href"] as? String)
            // The link says for itself who may have it, and not for long.
            #expect(try await Client(server: server).get(link).text == "large content")
            server.advanceClock(bySeconds: 400)
            #expect(try await Client(server: server).get(link).status == 403)
        }
    }
}
