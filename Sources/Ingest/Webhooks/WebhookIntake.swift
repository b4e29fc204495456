public import Events
public import ProviderKit

/// Where genuine reports go, and where it is counted how often something else came.
public protocol WebhookIntake: Sendable {
    /// Takes a genuine report in. Returns once it is durable, and never waits for the work that follows from it.
    ///
    /// - Throws: where it could not be made durable: the source has to send it again.
    func receive(_ webhook: ReceivedWebhook) async throws -> WebhookReceipt

    /// Counts a request that was refused. What that costs does not grow with their number.
    func reject(_ rejection: WebhookRejection, provider: String) async throws
}

/// A report whose signature was found genuine.
public struct ReceivedWebhook: Sendable, Equatable {
    /// The provider's name.
    public var provider: String
    /// What the body says.
    public var report: WebhookReport
    /// The bytes as they were received.
    public var body: [UInt8]
    /// The number of the secret that signed it, from 0.
    public var secret: Int

    public init(provider: String, report: WebhookReport, body: [UInt8], secret: Int) {
        self.provider = provider
        self.report = report
        self.body = body
        self.secret = secret
    }
}

/// That a report is durable, and where.
public struct WebhookReceipt: Sendable, Equatable {
    /// Where the log has it; for one that was delivered before, where the log has the first.
    public var position: LogPosition
    /// The report's ``WebhookReport/delivery``.
    public var delivery: String
    /// It was delivered before.
    public var isDuplicate: Bool

    public init(position: LogPosition, delivery: String, isDuplicate: Bool) {
        self.position = position
        self.delivery = delivery
        self.isDuplicate = isDuplicate
    }
}

/// Why a request was not taken for a report.
public enum WebhookRejection: Sendable, Hashable, CaseIterable {
    case missingSignature
    case wrongSignature
    /// No secret is set, so nothing can be genuine.
    case notConfigured
    /// The body or a header field is not what it has to be.
    case malformed
    case tooLarge
    case wrongContentType
    /// The body did not arrive in time.
    case tooSlow
}
