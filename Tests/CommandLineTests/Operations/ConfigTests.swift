import GitHubSimulator
import Testing

@testable import ingestor

/// `config`, and what the table of settings promises.
struct ConfigTests {
    @Test func everyWrongThingHasALineOfItsOwn() async throws {
        try await withTemporaryFolder { folder in
            var tool = Tool(folder: folder)
            let file = "\(folder)/ingestor.yaml"
            try write(
                Array(
                    """
                    concurrensy: 3
                    pollInterval: soon
                    githubAppId: 12
                    githubTokenFile: \(folder)/nowhere
                    minimumPollInterval: 60
                    listen: here
                    """.utf8), to: file)
            tool.variables = [
                "INGESTOR_CONCURENCY": "3", "INGESTOR_ADMIN_TOKEN": "planted", "INGESTOR_ADMIN_TOKEN_FILE": "/dev/null",
                "INGESTOR_CA_FILE": folder, "INGESTOR_LOG_LEVEL": "loud",
            ]
            let checked = try await tool("config", "check", "--config", file)
            #expect(checked.status == 1)
            #expect(!checked.text.contains("planted"))
            for words in [
                "INGESTOR_CONCURENCY is unknown: did you mean INGESTOR_CONCURRENCY?", "did you mean concurrency?",
                "`pollInterval` in \(file) has to be a whole number", "INGESTOR_GITHUB_PRIVATE_KEY is not",
                "\(folder)/nowhere, which cannot be read", "INGESTOR_ADMIN_TOKEN_FILE are both given", "is a directory",
                "`listen` in \(file) has to be host and port", "INGESTOR_LOG_LEVEL has",
            ] {
                #expect(checked.lines.count { $0.contains(words) } == 1, "\(words): \(checked.text)")
            }
            #expect(checked.lines.count == 9, "\(checked.text)")
            for (text, words) in [
                ("adminToken: planted1\nadminToken: planted2\n", "`adminToken` is given twice"),
                ("adminToken: planted1\nproxy: 'planted2\n", "not valid YAML, near line"),
            ] {
                try write(Array(text.utf8), to: "\(folder)/other.yaml")
                let result = try await Tool(folder: folder)("config", "check", "--config", "\(folder)/other.yaml")
                #expect(result.lines.count == 1 && result.text.contains(words), "\(result.text)")
                #expect(!result.text.contains("planted"), "\(result.text)")
            }
            // Every command says all of it, and does nothing.
            let refused = try await tool("init", "--config", file)
            #expect(refused.status == 64)
            #expect(refused.messages.split(separator: "\n").count == 9, "\(refused.messages)")
        }
    }

    @Test func shownSettingsHaveTheirOriginAndNoSecret() async throws {
        try await withTemporaryFolder { folder in
            var tool = Tool(folder: folder)
            try write(
                Array("githubWebhookSecret:\n  - planted1\n  - planted2\npollInterval: 60\n".utf8),
                to: "\(folder)/c.yaml")
            try write(Array("planted3\n".utf8), to: "\(folder)/token")
            tool.variables = [
                "INGESTOR_CONFIG": "\(folder)/c.yaml", "INGESTOR_GITHUB_TOKEN_FILE": "\(folder)/token",
                "INGESTOR_PROXY": "http://user:planted4@proxy:3128", "INGESTOR_DATA": "/a",
                "INGESTOR_MAX_ATTEMPTS": "7",
            ]
            let shown = try await tool.succeed("config", "show", "--json", "--data", "/b")
            #expect(!shown.text.contains("planted"), "\(shown.text)")
            #expect(shown.lines.count == SettingKey.allCases.count)
            for words in [
                #""setting":"data","value":"/b","isSet":true,"isSecret":false,"origin":"flag","name":"--data""#,
                #""setting":"maxAttempts","value":7,"isSet":true,"isSecret":false,"origin":"environment","name":"INGESTOR_MAX_ATTEMPTS""#,
                #""setting":"pollInterval","value":60,"isSet":true,"isSecret":false,"origin":"file","name":"pollInterval","file":"\#(folder)/c.yaml""#,
                #""setting":"concurrency","value":4,"isSet":false,"isSecret":false,"origin":"default""#,
                #""count":2"#, #""secretFile":"\#(folder)/token""#,
            ] {
                #expect(shown.text.contains(words), "\(words)\n\(shown.text)")
            }
            let table = try await tool.succeed("config", "show")
            #expect(!table.text.contains("planted") && table.text.contains("(2 of them)"), "\(table.text)")
        }
    }

    @Test func aFileWithEverythingInItCanBeUsed() throws {
        // What the example suggests is valid, once it is not commented out.
        let names = Set(SettingKey.allCases.flatMap(\.fileNames))
        for line in SettingsReference.example.split(separator: "\n") where line.hasPrefix("#") && !line.hasPrefix("# ")
        {
            let name = String(line.dropFirst().prefix { $0 != ":" })
            #expect(names.contains(name), "\(line)")
        }
        for key in SettingKey.allCases {
            guard let text = key.definition.defaultText else { continue }
            let value = SettingValue(text: text, origin: .builtIn)
            #expect(key.definition.kind.refusal(of: value) == nil, "the default of \(key) is none of its values")
        }
    }
}
