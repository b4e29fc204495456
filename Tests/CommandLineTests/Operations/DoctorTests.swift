import GitHubSimulator
import Glibc
import Testing

@testable import ingestor

/// `doctor`, on set-ups that are sound and on broken ones.
struct DoctorTests {
    @Test func aSoundSetUpPasses() async throws {
        try await withTemporaryFolder { folder in
            try await GitHubServer.withServer(GitHubServer.Configuration(root: folder + "/github")) { server in
                var tool = Tool(folder: folder)
                try await tool.succeed("init")
                let app = try server.registerApp()
                server.install(app, on: "acme")
                tool.variables = Self.variables(server).merging([
                    "INGESTOR_GITHUB_APP_ID": "\(app.id)", "INGESTOR_GITHUB_PRIVATE_KEY": app.privateKeyPEM ?? "",
                    "INGESTOR_GITHUB_WEBHOOK_SECRET": String(repeating: "x", count: 32),
                    "INGESTOR_GITHUB_TOKEN": server.makeToken(user: "acme"),
                ]) { $1 }
                let result = try await tool("doctor", "--json")
                #expect(result.status == 0, "\(result.text)")
                #expect(!result.text.contains("\"wrong\""), "\(result.text)")
                for words in [
                    "requests an hour are left to the token", "the App is", "an fsync takes", "nobody writes to it",
                    "the master key can be read", "is free to listen on", "seconds from GitHub's",
                ] {
                    #expect(result.text.contains(words), "\(words)\n\(result.text)")
                }
            }
        }
    }

    @Test func theLongestMountAboveAPathCounts() {
        let table = """
            22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
            30 22 0:44 / /srv/a\\040b rw - nfs4 host:/x rw
            31 22 0:45 / /srv rw shared:2 - xfs /dev/sdb rw
            32 22 0:46 / /srv rw shared:2 - tmpfs none rw
            """
        #expect(MountTable.fileSystem(of: "/srv/a b/data", in: table) == "nfs4")
        #expect(MountTable.fileSystem(of: "/srv/data", in: table) == "tmpfs")
        #expect(MountTable.fileSystem(of: "/srvx", in: table) == "ext4")
    }

    @Test func whatIsBrokenIsNamedWithWhatToDo() async throws {
        try await withTemporaryFolder { folder in
            try await GitHubServer.withServer(GitHubServer.Configuration(root: folder + "/github")) { server in
                var tool = Tool(folder: folder)
                tool.variables = ["INGESTOR_CONCURRENCY": "many"]
                let missing = try await tool("doctor", "--offline")
                #expect(missing.status == 1)
                #expect(
                    missing.text.contains("ingestor init --data")
                        && missing.text.contains("INGESTOR_CONCURRENCY has to be"))

                try await Tool(folder: folder).succeed("init")
                // Another key than the one with which the directory was made.
                tool.variables = [:]
                tool.input = "\(folder)/secret"
                try write(Array("token\n".utf8), to: "\(folder)/secret")
                try await tool.succeed("credentials", "add", "--name", "ci")
                tool.input = "/dev/null"
                let port = server.apiURL.split(separator: ":").last.map { $0.prefix { $0.isNumber } } ?? ""
                tool.variables = Self.variables(server).merging([
                    "INGESTOR_MASTER_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                    "INGESTOR_GITHUB_TOKEN": "planted-token", "INGESTOR_LISTEN": "127.0.0.1:\(port)",
                    "INGESTOR_ADMIN_TOKEN": "short",
                ]) { $1 }
                try await system("chmod 755 \(tool.data)")
                let broken = try await tool("doctor")
                #expect(broken.status == 1)
                for words in [
                    "does not know the token", "does not open what is sealed", "chmod 700", "cannot be listened on",
                    "shorter than 16",
                ] {
                    #expect(broken.text.contains(words), "\(words)\n\(broken.text)")
                }
                #expect(!broken.text.contains("planted"))

                tool.variables["INGESTOR_GITHUB_API_URL"] = "http://127.0.0.1:1"
                let away = try await tool("doctor")
                #expect(away.text.contains("http://127.0.0.1:1 is not reached"), "\(away.text)")
            }
        }
    }

    private static func variables(_ server: GitHubServer) -> [String: String] {
        [
            "INGESTOR_GITHUB_API_URL": server.apiURL, "INGESTOR_GITHUB_GIT_URL": server.gitURL,
            "INGESTOR_LISTEN": "127.0.0.1:0",
        ]
    }
}
