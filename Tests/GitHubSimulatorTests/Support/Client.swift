import Foundation
import OpenSSL
import Synchronization
import Testing

@testable import GitHubSimulator

/// A client of a simulated GitHub: one connection a request, and no opinion on what it gets.
struct Client {
    struct Reply {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: Any { get throws { try JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed) } }
        var object: [String: Any] { get throws { try #require(try json as? [String: Any]) } }
        var array: [[String: Any]] { get throws { try #require(try json as? [[String: Any]]) } }
    }

    let server: GitHubServer
    var token: String?

    func send(
        _ method: String, _ path: String, accept: String? = nil, headers: [(String, String)] = [], body: [UInt8] = []
    ) async throws -> Reply {
        let address = try LoopbackAddress(path.hasPrefix("http") ? path : server.apiURL + path)
        var fields: [(name: String, value: String)] = [("Connection", "close")]
        if !headers.contains(where: { $0.0 == "User-Agent" }) { fields.append(("User-Agent", "test")) }
        if let token { fields.append(("Authorization", "Bearer \(token)")) }
        if let accept { fields.append(("Accept", accept)) }
        fields += headers.map { (name: $0.0, value: $0.1) }
        let answer = try await LoopbackConnection(to: address).send(method, address.path, headers: fields, body: body)
        return Reply(
            status: answer.status,
            headers: Dictionary(answer.headers.map { ($0.name.lowercased(), $0.value) }) { $1 },
            body: answer.body)
    }

    func get(_ path: String, accept: String? = nil, headers: [(String, String)] = []) async throws -> Reply {
        try await send("GET", path, accept: accept, headers: headers)
    }
}

/// Serves a simulated GitHub with `acme/widgets`, which has files of all kinds, to `body`.
func withGitHub(
    _ configure: (inout GitHubServer.Configuration) -> Void = { _ in },
    _ body: (GitHubServer, HostedRepository, Client) async throws -> Void
) async throws {
    try await withTemporaryFolder { folder in
        var configuration = GitHubServer.Configuration(root: folder)
        configuration.clock = SimulatedClock(startingAtSeconds: 1_700_000_000)
        configure(&configuration)
        try await GitHubServer.withServer(configuration) { server in
            server.addOrganization("acme")
            let repository = try server.addRepository(
                "acme/widgets", files: ["README.md": "# Widgets\n", "src/a.txt": "a\n", "src/deep/b.txt": "b\n"])
            try await body(server, repository, Client(server: server, token: server.makeToken(user: "acme")))
        }
    }
}

/// A JSON web token of an App.
func webToken(
    _ app: App, algorithm: String = "RS256", issuedAt: Int64, expiresAt: Int64, key: RSAPrivateKey? = nil
) throws -> String {
    func part(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
    let header = part(Array(#"{"alg":"\#(algorithm)","typ":"JWT"}"#.utf8))
    let claims = part(Array(#"{"iat":\#(issuedAt),"exp":\#(expiresAt),"iss":"\#(app.id)"}"#.utf8))
    let signer = try key ?? RSAPrivateKey(pem: try #require(app.privateKeyPEM))
    return "\(header).\(claims).\(part(try signer.signSHA256(Array("\(header).\(claims)".utf8))))"
}

extension App {
    /// A token that is good now.
    func token(_ server: GitHubServer) throws -> String {
        let now = server.world.clock.seconds
        return try webToken(self, issuedAt: now - 60, expiresAt: now + 540)
    }
}

/// A receiver of webhooks.
final class Receiver: Sendable {
    struct Call: Sendable {
        let guid: String
        let event: String
        let signature: String
        let body: [UInt8]
    }

    let calls = Mutex<[Call]>([])
    /// What it answers.
    let status = Mutex(202)

    /// Receives while `body` runs, which gets the address.
    func receive(_ body: (_ url: String) async throws -> Void) async throws {
        let configuration = GitServer.Configuration(root: "/nonexistent")
        let responder = GitResponder(configuration: configuration, faults: FaultBoard(), meter: TrafficMeter()) {
            call, _ in
            self.calls.withLock {
                $0.append(
                    Call(
                        guid: call.header("x-github-delivery") ?? "", event: call.header("x-github-event") ?? "",
                        signature: call.header("x-hub-signature-256") ?? "", body: call.body))
            }
            return .answer(Answer(status: self.status.withLock { $0 }, headers: [], body: Array("ok".utf8)))
        }
        try await GitServer.serving(responder) { port in try await body("http://127.0.0.1:\(port)/hook") }
    }
}
