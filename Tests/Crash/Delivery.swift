import Events
import OpenSSL
import TestSupport

/// A report as GitHub sends it, the same whenever it is made anew from its number.
struct Delivery: Sendable {
    static let secret = "It's a Secret to Everybody"
    private static let repositories: UInt64 = 50
    private static let usualBytes = 0...4000
    /// One in so many is large.
    private static let largeEvery = 100
    private static let largeBytes = 100_000...800_000

    let id: String
    let body: [UInt8]

    init(_ number: Int, seed: UInt64) {
        id = "\(Hex.encode(Self.bytes(of: seed)))-\(number)"
        var random = SeededGenerator(seed: seed &+ UInt64(number) &* 0x1_0001)
        let repository = UInt64.random(in: 1...Self.repositories, using: &random)
        let (before, after) = (Self.commit(&random), Self.commit(&random))
        let range = Int.random(in: 0..<Self.largeEvery, using: &random) == 0 ? Self.largeBytes : Self.usualBytes
        let filler = (0..<Int.random(in: range, using: &random) / 16).map { _ in
            Hex.encode(Self.bytes(of: random.next()))
        }
        body = Array(
            """
            {"ref":"refs/heads/main","before":"\(before)","after":"\(after)","repository":{"id":\(repository),\
            "full_name":"acme/project\(repository)","private":false,"default_branch":"main"},\
            "sender":{"login":"ada"},"filler":"\(filler.joined())"}
            """.utf8)
    }

    var headers: [(name: String, value: String)] {
        let code = HMACSHA256.authenticate(key: Array(Self.secret.utf8), message: body)
        return [
            ("Content-Type", "application/json"), ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", id),
            ("X-Hub-Signature-256", "sha256=\(Hex.encode(code))"),
        ]
    }

    private static func bytes(of number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    private static func commit(_ random: inout SeededGenerator) -> String {
        String(Hex.encode((0..<3).flatMap { _ in bytes(of: random.next()) }).prefix(40))
    }
}
