import Events
import Glibc
import Synchronization
import Testing

@testable import GitHubSimulator
@testable import ingestor

/// A GitHub, a program that reads it with every kind of access, and the secrets of it all.
struct SecretStage {
    let server: GitHubServer
    let folder: String
    let tool: Tool
    let app: App
    let installation: Installation
    let widgets: HostedRepository
    let personalToken: String
    let webhookSecrets = ["hook secret, the old one: 1+1=2/&%", "hook secret, the new one: 2+2=4/&%"]
    var secrets = PlantedSecrets()

    init(_ server: GitHubServer, folder: String) async throws {
        self.server = server
        self.folder = folder
        server.addOrganization("acme")
        widgets = try server.addRepository("acme/widgets", isPrivate: true, files: ["README": "hello\n"])
        widgets.grant(to: "ada")
        try server.addRepository("bob/tool", isPrivate: true, files: ["main.c": "int main() {}\n"])
        app = try server.registerApp(owner: "acme")
        installation = server.install(app, on: "acme")
        personalToken = server.makeToken(user: "ada")
        let settingsToken = server.makeToken(user: "bob")
        let key = try #require(app.privateKeyPEM)
        try await system("mkdir \(folder)/secrets")
        try write(Array(key.utf8), to: "\(folder)/secrets/app.pem")
        try write(Array(webhookSecrets.joined(separator: "\n").utf8), to: "\(folder)/secrets/webhooks")
        try write(Array("\(personalToken)\n".utf8), to: "\(folder)/secrets/personal")

        let adminToken = "admin token that nobody may see"
        tool = Tool(
            folder: folder,
            variables: [
                "INGESTOR_GITHUB_API_URL": server.apiURL, "INGESTOR_GITHUB_GIT_URL": server.gitURL,
                "INGESTOR_GITHUB_APP_ID": String(app.id),
                "INGESTOR_GITHUB_PRIVATE_KEY_FILE": "\(folder)/secrets/app.pem",
                "INGESTOR_GITHUB_CLIENT_ID": app.clientID, "INGESTOR_GITHUB_CLIENT_SECRET": app.clientSecret,
                "INGESTOR_GITHUB_TOKEN": settingsToken, "INGESTOR_ADMIN_TOKEN": adminToken,
                "INGESTOR_GITHUB_WEBHOOK_SECRET_FILE": "\(folder)/secrets/webhooks", "INGESTOR_POLL_INTERVAL": "1",
            ])
        for (index, secret) in webhookSecrets.enumerated() { secrets.plant("webhook secret \(index)", secret) }
        secrets.plant("settings' token", settingsToken)
        secrets.plant("personal token", personalToken)
        secrets.plant("beginning of the personal token", String(personalToken.prefix(12)))
        secrets.plant("client secret", app.clientSecret)
        secrets.plant("admin token", adminToken)
        secrets.plant("head of a JSON web token", "eyJhbGciOi")
        let lines = key.split(separator: "\n").filter { !$0.hasPrefix("-") }.dropFirst().dropLast()
        for line in lines { secrets.plant("App's key", try #require(Base64.decode(line))) }
        #expect(lines.count > 10)
    }

    /// Gives every tenant its access; the user's token has run out, so that it is exchanged at once.
    mutating func addCredentials(_ format: [String]) async throws {
        let user = server.makeToken(user: "ada", app: app)
        let refresh = try #require(user.refreshToken)
        secrets.plant("user's token", user.token)
        secrets.plant("user's token for renewal", refresh)
        try write(Array("\(user.token)\n\(refresh)\n".utf8), to: "\(folder)/secrets/user")
        for arguments in [
            ["--tenant", "personal", "--name", "ci", "--file", "\(folder)/secrets/personal"],
            ["--tenant", "user", "--user", "--expires", "2020-01-01T00:00:00Z", "--file", "\(folder)/secrets/user"],
            ["--tenant", "installed", "--installation", String(installation.id)],
        ] {
            #expect(try await run(["credentials", "add"] + arguments + format).status == 0)
        }
    }

    /// Plants what was made meanwhile: the key that seals, and the tokens that the server has given out.
    mutating func plantWhatWasMade() throws {
        let text = String(decoding: try bytes(of: "\(tool.data)/keys/master.key"), as: UTF8.self)
        secrets.plant("master key", try #require(Base64.decode(String(text.prefix { !$0.isNewline }))))
        let given = server.world.access.withLock { Array($0.tokens.keys) + Array($0.refreshTokens.keys) }
        #expect(given.count > 4, "installations and users have been given tokens")
        for token in given { secrets.plant("token that was given out", token) }
    }

    @discardableResult
    func run(
        _ arguments: [String], _ variables: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Tool.Result {
        var tool = tool
        tool.variables.merge(variables) { $1 }
        return try await tool.run((arguments + ["--log-level", "trace"]).map { Array($0.utf8) })
    }

    /// Every file that the program may have written, but the key's own home.
    func expectNoSecret(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await system(
            "cd \(folder) && find . -type f -not -path './secrets/*' -not -path './github/*' "
                + "-not -path ./data/keys/master.key > secrets/list")
        let files = String(decoding: try bytes(of: "\(folder)/secrets/list"), as: UTF8.self).split(separator: "\n")
        #expect(files.contains("./data/log/data.mdb") && files.contains { $0.hasPrefix("./messages-") })
        for file in files {
            let found = secrets.found(in: try bytes(of: "\(folder)/\(file)"))
            #expect(found.isEmpty, "\(file)", sourceLocation: sourceLocation)
        }
    }
}
