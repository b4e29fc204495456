import Events
import OpenSSL
import ProviderKit

/// What the App itself asks with: a JSON Web Token that it signs (RS256, RFC 7515 and 7519).
struct AppTokens: TokenSource {
    private let appID: String
    private let key: RSAPrivateKey

    /// The clock here may be ahead of GitHub's: the token claims to be older by this.
    static let issuedAgoSeconds: Int64 = 60
    /// GitHub takes at most ten minutes; less, since the clock here may be ahead.
    static let lifetimeSeconds: Int64 = 540

    /// Nil where the settings name no App.
    ///
    /// - Throws: ``ProviderError`` where its key cannot be read.
    init?(_ settings: GitHubSettings) throws(ProviderError) {
        guard let appID = settings.appID, let pem = settings.appPrivateKey else { return nil }
        self.appID = appID
        do {
            key = try RSAPrivateKey(pem: pem.revealText())
        } catch {
            throw .permanent(.forbidden, "the GitHub App's private key cannot be used: \(error)")
        }
    }

    func token(_ client: RESTClient) async throws -> Secret { try signed(at: client.settings.now()) }

    func replaceRefused(_ token: Secret) async -> Bool { false }

    /// - Throws: ``ProviderError`` where the key does not sign.
    func signed(at now: Timestamp) throws(ProviderError) -> Secret {
        let header = JSON.object([("alg", .string("RS256")), ("typ", .string("JWT"))])
        let claims = JSON.object([
            ("iat", .number(String(now.seconds - Self.issuedAgoSeconds))),
            ("exp", .number(String(now.seconds + Self.lifetimeSeconds))),
            ("iss", .string(appID)),
        ])
        let message = "\(Base64.urlText(header.bytes)).\(Base64.urlText(claims.bytes))"
        do {
            return Secret("\(message).\(Base64.urlText(try key.signSHA256(Array(message.utf8))))")
        } catch {
            throw .permanent(.forbidden, "the GitHub App's private key does not sign: \(error)")
        }
    }
}

/// RFC 4648.
enum Base64 {
    private static let urlDigits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The form for URLs (section 5), without padding.
    static func urlText(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for digit in 0...group.count { text.append(urlDigits[Int(word >> UInt32(18 - 6 * digit) & 63)]) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
