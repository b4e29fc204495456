/// For providers whose sources report changes by themselves: whether a report is genuine, and what it says.
///
/// Both are called for bytes that a stranger may have sent: bounded work, no crash, nothing thrown that holds a secret.
public protocol WebhookReceiver: Sendable {
    /// The provider's name, and the last part of the route: `POST /webhooks/github`.
    var provider: String { get }

    /// What the head of a request alone tells against it, so that its body need not be read; nil where it must be.
    func refusal(headers: WebhookHeaders) -> WebhookSignature?

    /// Whether the body was signed with one of the secrets, over the bytes as they were received. Compares in constant time.
    func verify(body: UnsafeRawBufferPointer, headers: WebhookHeaders) -> WebhookSignature

    /// What a genuine report says. What is not understood is `other`, never an error.
    ///
    /// - Throws: ``ProviderError`` (permanent, malformed) where the body is not what its content type says.
    func decode(body: UnsafeRawBufferPointer, headers: WebhookHeaders) throws(ProviderError) -> WebhookReport
}

extension WebhookReceiver {
    /// Nothing: the body is read in any case.
    public func refusal(headers: WebhookHeaders) -> WebhookSignature? { nil }
}

/// What became of the check of a signature.
public enum WebhookSignature: Sendable, Equatable {
    /// It was made with the secret of this number, from 0 in the order of the settings.
    case genuine(secret: Int)
    case missing
    case wrong
    /// No secret is set, so nothing can be genuine.
    case notConfigured
}

/// The header fields of a request. Their names ignore case.
public struct WebhookHeaders: Sendable, Equatable {
    private var values: [String: String] = [:]

    /// The first of several fields of one name counts.
    public init(_ fields: some Sequence<(name: String, value: String)>) {
        for field in fields where values[field.name.lowercased()] == nil {
            values[field.name.lowercased()] = field.value
        }
    }

    public subscript(name: String) -> String? { values[name.lowercased()] }
}
