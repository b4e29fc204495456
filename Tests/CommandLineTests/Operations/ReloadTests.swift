import GitHubSimulator
import Glibc
import Testing

@testable import ingestor

/// SIGHUP, to a service that runs.
struct ReloadTests {
    @Test func whatCanChangeDoesAndAWrongFileChangesNothing() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await tool.succeed("init")
            let file = "\(folder)/ingestor.yaml"
            try write(Array("adminToken: planted-first\nlisten: 127.0.0.1:0\n".utf8), to: file)
            let service = try RunningService(tool, "serve", "--config", file)
            let port = try await service.port()
            #expect(try await answer(port, token: "planted-first") == 200)

            try write(
                Array("adminToken: planted-second\nlisten: 127.0.0.1:1\npollInterval: 60\nlogLevel: info\n".utf8),
                to: file)
            service.signal(SIGHUP)
            try await service.wait(for: "changed adminToken, pollInterval, logLevel")
            #expect(try await answer(port, token: "planted-first") == 401)
            #expect(try await answer(port, token: "planted-second") == 200)
            #expect(try service.messages().contains("only holds from the next start\",\"setting\":\"listen\""))
            #expect(try await metric(port, "ingestor_config_last_reload_successful") == "1")

            try write(
                Array("adminToken: planted-third\npollInterval: soon\nlisten: 127.0.0.1:0\nlisen: x\n".utf8), to: file)
            service.signal(SIGHUP)
            try await service.wait(for: "did you mean listen?")
            try await service.wait(for: "has to be a whole number")
            #expect(try await answer(port, token: "planted-second") == 200, "the configuration before still holds")
            #expect(try await answer(port, token: "planted-third") == 401)
            #expect(try await metric(port, "ingestor_config_last_reload_successful") == "0")
            #expect(try await metric(port, "ingestor_config_reloads_total{outcome=\"failure\"}") == "1")

            let ended = try await service.end()
            #expect(ended.status == 0, "\(ended.messages)")
            #expect(!ended.messages.contains("planted"), "\(ended.messages)")
        }
    }

    private func answer(_ port: Int, token: String) async throws -> Int? {
        try await Int(
            shell(
                "curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer \(token)' http://127.0.0.1:\(port)/v1/status"
            ))
    }

    private func metric(_ port: Int, _ name: String) async throws -> String? {
        let text = try await shell("curl -s http://127.0.0.1:\(port)/metrics")
        return text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.map {
            String($0.dropFirst(name.count + 1))
        }
    }
}
