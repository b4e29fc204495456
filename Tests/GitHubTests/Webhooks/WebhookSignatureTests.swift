import GitHub
import ProviderKit
import Testing

@Suite struct WebhookSignatureTests {
    /// GitHub's own example, from "Validating webhook deliveries".
    static let published = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    let secret = "It's a Secret to Everybody"
    let body = Array("Hello, World!".utf8)

    @Test func publishedVector() {
        let receiver = GitHubWebhookReceiver(secrets: [Secret(secret)])
        #expect(receiver.verify(body, signature: Self.published) == .genuine(secret: 0))
        #expect(receiver.verify(body, signature: Self.published.uppercased()) == .wrong)
        #expect(receiver.verify(body + [0], signature: Self.published) == .wrong)
        #expect(receiver.verify([], signature: Self.published) == .wrong)
        #expect(receiver.verify(body, signature: nil) == .missing)
    }

    @Test func oneOfSeveralSecrets() {
        let receiver = GitHubWebhookReceiver(secrets: [Secret("new"), Secret(""), Secret("old")])
        #expect(receiver.verify(body, signature: signature(body, "new")) == .genuine(secret: 0))
        #expect(receiver.verify(body, signature: signature(body, "old")) == .genuine(secret: 2))
        #expect(receiver.verify(body, signature: signature(body, "other")) == .wrong)
        #expect(receiver.verify(body, signature: signature(body, "")) == .wrong, "anybody can sign with nothing")
    }

    @Test func withoutASecretNothingIsGenuine() {
        for secrets in [[], [Secret("")], [Secret([])]] {
            let receiver = GitHubWebhookReceiver(secrets: secrets)
            #expect(receiver.verify(body, signature: signature(body, "")) == .notConfigured)
            #expect(receiver.verify(body, signature: nil) == .notConfigured)
            let fields: [(name: String, value: String)] = []
            #expect(receiver.refusal(headers: WebhookHeaders(fields)) == .notConfigured)
        }
    }

    @Test func everyChangedDigitIsWrong() {
        let receiver = GitHubWebhookReceiver(secrets: [Secret(secret)])
        let digits = Array(Self.published.utf8)
        for index in digits.indices {
            var changed = digits
            changed[index] = changed[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            let header = String(decoding: changed, as: UTF8.self)
            #expect(receiver.verify(body, signature: header) == .wrong, "\(header)")
        }
        let others = [
            "", "sha256=", String(Self.published.dropLast()), Self.published + "00",
            "sha1=" + Self.published.dropFirst(7), " " + Self.published, String(Self.published.dropFirst(7)),
            "sha256=" + String(repeating: "é", count: 32),
        ]
        for header in others {
            #expect(receiver.verify(body, signature: header) == .wrong, "\(header)")
            let headers = WebhookHeaders([(name: "x-hub-signature-256", value: header)])
            #expect(receiver.refusal(headers: headers) == .wrong, "told by the head alone: \(header)")
        }
        let headers = WebhookHeaders([(name: "X-HUB-SIGNATURE-256", value: Self.published)])
        #expect(receiver.refusal(headers: headers) == nil)
    }

    /// Over the bytes as received: the same text written with escapes has another signature.
    @Test func emoji() throws {
        let receiver = GitHubWebhookReceiver(secrets: [Secret(secret)])
        let sent = Array(#"{"ref":"refs/heads/🚀","sender":{"login":"ünï"}}"#.utf8)
        let escaped = Array(#"{"ref":"refs/heads/\ud83d\ude80","sender":{"login":"ünï"}}"#.utf8)
        #expect(try JSON(validating: escaped).bytes == sent, "both say the same")
        #expect(receiver.verify(sent, signature: signature(sent, secret)) == .genuine(secret: 0))
        #expect(receiver.verify(escaped, signature: signature(sent, secret)) == .wrong)
    }
}
