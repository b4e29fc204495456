import Events
import OpenSSL
public import ProviderKit

/// Checks and reads GitHub's webhooks.
///
/// What they look like, and which limits GitHub names, is from "Webhook events and payloads" and "Validating webhook
/// deliveries" in GitHub's documentation.
public struct GitHubWebhookReceiver: WebhookReceiver {
    /// Longest `X-GitHub-Delivery` that is accepted, in bytes. GitHub sends a UUID: 36.
    public static let maximumDeliveryByteCount = 128
    /// Longest `X-GitHub-Event` that is accepted, in bytes. GitHub's longest is below 40.
    public static let maximumEventByteCount = 64

    public var provider: String { RepositoryName.provider }

    private let current: @Sendable () -> [Secret]

    /// - Parameter secrets: any of which may sign; two while one replaces the other. An empty one never counts, since
    ///   anybody could sign with it.
    public init(secrets: [Secret]) { current = { secrets } }

    /// - Parameter secrets: the same, as of now.
    public init(secrets: @escaping @Sendable () -> [Secret]) { current = secrets }

    private var isConfigured: Bool { current().contains { !$0.reveal().isEmpty } }

    public func refusal(headers: WebhookHeaders) -> WebhookSignature? {
        guard isConfigured else { return .notConfigured }
        guard let header = headers["X-Hub-Signature-256"] else { return .missing }
        return Self.code(header) == nil ? .wrong : nil
    }

    public func verify(body: UnsafeRawBufferPointer, headers: WebhookHeaders) -> WebhookSignature {
        if let refusal = refusal(headers: headers) { return refusal }
        guard let code = headers["X-Hub-Signature-256"].flatMap(Self.code) else { return .wrong }
        for (index, secret) in current().enumerated() {
            let key = secret.reveal()
            guard !key.isEmpty else { continue }
            if constantTimeEqual(HMACSHA256.authenticate(key: key, message: body), code) {
                return .genuine(secret: index)
            }
        }
        return .wrong
    }

    /// The 32 bytes of `sha256=…`; nil for anything else.
    private static func code(_ header: String) -> [UInt8]? {
        let prefix = "sha256="
        guard header.utf8.count == prefix.utf8.count + 2 * HMACSHA256.byteCount, header.hasPrefix(prefix) else {
            return nil
        }
        return Hex.decode(header.dropFirst(prefix.count))
    }

    public func decode(
        body: UnsafeRawBufferPointer, headers: WebhookHeaders
    ) throws(ProviderError) -> WebhookReport {
        let delivery = try Self.word(
            headers, "X-GitHub-Delivery", limit: Self.maximumDeliveryByteCount
        ) { (0x21...0x7E).contains($0) }
        let event = try Self.word(headers, "X-GitHub-Event", limit: Self.maximumEventByteCount) { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
        do {
            let payload = try JSON(validating: body, selection: PayloadReader.selection)
            return PayloadReader(payload).report(delivery: delivery, event: event)
        } catch {
            throw .permanent(.malformed, "the payload of a webhook is \(error)")
        }
    }

    /// A header field that has to be there, and to be short and plain: it ends up in the log in clear.
    private static func word(
        _ headers: WebhookHeaders, _ name: String, limit: Int, isAllowed: (UInt8) -> Bool
    ) throws(ProviderError) -> String {
        guard let value = headers[name] else { throw .permanent(.malformed, "the header field \(name) is missing") }
        guard (1...limit).contains(value.utf8.count), value.utf8.allSatisfy(isAllowed) else {
            throw .permanent(
                .malformed, "the header field \(name) is longer than \(limit) bytes, empty, or has unusual characters")
        }
        return value
    }
}
