import Events
import GitHubSimulator
import Glibc
import Testing

/// No secret is written anywhere but where it belongs, whatever is done and whatever fails.
struct SecrecyTests {
    @Test func whatIsPlantedIsFoundInEveryForm() {
        let secret = "s3cret/with?odd+bytes"
        var secrets = PlantedSecrets()
        secrets.plant("it", secret)
        let basic = Array("x-access-token:\(secret)".utf8)
        for text in [
            secret, Base64.encode(basic), Base64.encode([1] + basic), Base64.encode([1, 2] + basic + [3]),
            Hex.encode(Array(secret.utf8)), "s3cret%2Fwith%3Fodd%2Bbytes",
        ] {
            #expect(!secrets.found(in: Array("before \(text) after".utf8)).isEmpty, "\(text)")
        }
        #expect(secrets.found(in: Array("s3cret/with?odd+byte".utf8)).isEmpty)
    }

    @Test(.timeLimit(.minutes(5)))
    func noSecretIsWrittenAnywhere() async throws {
        try await withTemporaryFolder { folder in
            try await system("mkdir \(folder)/github")
            try await GitHubServer.withServer(GitHubServer.Configuration(root: "\(folder)/github")) { server in
                var stage = try await SecretStage(server, folder: folder)
                #expect(try await stage.run(["init"]).status == 0)
                for format in [[], ["--json"]] {
                    try await stage.addCredentials(format)
                    try await readEverything(stage, format)
                    try await fail(stage, format)
                    try await ask(stage, format)
                    try stage.plantWhatWasMade()
                    #expect(try await stage.run(["credentials", "rotate"] + format).status == 0)
                    try stage.plantWhatWasMade()
                }
                try await serve(&stage)
                try await stage.expectNoSecret()
                try await removeCredentials(stage)
                try await stage.expectNoSecret()
            }
        }
    }

    private func readEverything(_ stage: SecretStage, _ format: [String]) async throws {
        for (tenant, locator) in [
            ("personal", "github:acme/widgets"), ("user", "github:acme/widgets"), ("installed", "github:acme/widgets"),
            ("default", "github:acme/widgets"), ("default", "github:bob/tool"),
        ] {
            let arguments = ["sync", locator, "--force", "--tenant", tenant] + format
            for transport in ["git", "rest"] {
                let result = try await stage.run(arguments, ["INGESTOR_GITHUB_TRANSPORT": transport])
                #expect(result.status == 0, "\(tenant), \(transport): \(result.messages)")
            }
        }
    }

    /// Servers and proxies that refuse, and repeat what they were sent.
    ///
    /// - Parameter isCarriedOut: by another process, with that one's settings; its own polls meet the same answers, so that these
    ///   repeat nothing: no server repeats what it was sent by others.
    private func fail(_ stage: SecretStage, _ format: [String], isCarriedOut: Bool = false) async throws {
        let token = isCarriedOut ? "nothing" : stage.personalToken
        let basic = Base64.encode(Array("x-access-token:\(token)".utf8))
        let bearerEcho = Array(#"{"message":"Refused: Authorization: Bearer \#(token)"}"#.utf8)
        let basicEcho = Array("Refused: Authorization: Basic \(basic) is \(token)\n".utf8)
        let headers = ["Content-Type": "application/json"]
        /// The holder's settings decide the transport: what fails over REST may come with Git.
        func sync(_ transport: String, tenant: String = "personal") async throws {
            let arguments = ["sync", "github:acme/widgets", "--force", "--tenant", tenant] + format
            let result = try await stage.run(arguments, ["INGESTOR_GITHUB_TRANSPORT": transport])
            if transport == "git" || !isCarriedOut { #expect(result.status == 1, "\(result.text)") }
            stage.server.clearFaults()
        }
        for status in [401, 403, 404, 422, 500] {
            stage.server.inject(.answer(status: status, headers: headers, body: bearerEcho), on: [.rest])
            try await sync("rest")
        }
        stage.server.inject(.answer(status: 403, body: basicEcho), on: [.capabilities, .lsRefs])
        try await sync("git")
        stage.server.inject(.errorPacket("no access with \(token) (\(basic))"), on: [.lsRefs])
        try await sync("git")
        if !isCarriedOut {
            // Long words are cut, at each of these somewhere in the token: nothing of it may stand before the cut.
            for length in stride(from: 392, to: 500, by: 12) {
                let words = String(repeating: "x", count: length)
                stage.server.inject(.errorPacket("\(words)\(token)"), on: [.lsRefs])
                try await sync("git")
            }
        }
        for status in [401, 503] {
            stage.server.inject(.answer(status: status), on: [.rest])
            try await sync("rest", tenant: "default")
        }
        let source = "git:\(stage.server.gitURL)".replacing("//", with: "//ada:\(stage.personalToken)@")
        for command in ["sync", "files", "explain", "status"] {
            #expect(try await stage.run([command, "\(source)/acme/widgets.git"] + format).status != 0)
        }
    }

    private func ask(_ stage: SecretStage, _ format: [String]) async throws {
        for tenant in ["default", "personal", "user", "installed"] {
            for command in [
                ["credentials", "list"], ["status"], ["log"], ["explain", "github:acme/widgets"], ["stats"],
                ["repo", "show", "github:acme/widgets"], ["dead-letters", "list"],
            ] {
                let result = try await stage.run(command + ["--tenant", tenant] + format)
                #expect(result.status == 0, "\(command): \(result.messages)")
            }
        }
    }

    private func serve(_ stage: inout SecretStage) async throws {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--log-level", "trace"]
        let service = try stage.tool.start(arguments.map { Array($0.utf8) })
        defer { service.end() }
        let port = try await port(of: service)
        let hook = "http://127.0.0.1:\(port)/webhooks/github"
        for secret in [stage.webhookSecrets[0], "another one, that is wrong", stage.webhookSecrets[1]] {
            stage.server.setWebhook(url: hook, secret: secret)
            _ = try stage.widgets.push(["file": "signed with \(secret.count) letters\n"])
            try await stage.server.webhooksSettled()
        }
        #expect(Set(stage.server.deliveries.map(\.statusCode)) == [202, 401])
        let head = try #require(try stage.widgets.head())
        try await until("the push is there") {
            try await stage.run(["status", "github:acme/widgets", "--json"]).text.contains("\(head)")
        }
        // Carried out by the service.
        try await stage.addCredentials(["--json"])
        try await fail(stage, ["--json"], isCarriedOut: true)
        #expect(try await stage.run(["credentials", "rotate"]).status == 0)
        try stage.plantWhatWasMade()
        try await ask(stage, ["--json"])
        kill(service.process, SIGTERM)
        #expect(try await service.wait().status == 0)
    }

    private func removeCredentials(_ stage: SecretStage) async throws {
        for tenant in ["personal", "user", "installed"] {
            for line in try await stage.run(["credentials", "list", "--json", "--tenant", tenant]).lines {
                let id = try #require(line.split(whereSeparator: { !$0.isNumber }).first)
                let removed = try await stage.run(["credentials", "remove", String(id), "--tenant", tenant])
                #expect(removed.status == 0, "\(removed.messages)")
            }
        }
        #expect(try await system("[ -z \"$(ls \(stage.tool.data)/keys/credentials)\" ]") == 0, "no secret is left")
    }

    private func port(of service: Tool.Running) async throws -> String {
        var port: Substring?
        try await until("the service listens") {
            let text = String(decoding: try bytes(of: service.messagesPath), as: UTF8.self)
            port = text.split(separator: "http://127.0.0.1:").dropFirst().first?.prefix { $0.isNumber }
            return port != nil
        }
        return String(try #require(port))
    }
}
