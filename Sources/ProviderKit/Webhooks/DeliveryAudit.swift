public import Events

/// For providers that remember what they delivered: finds reports that never arrived, and has them sent again.
public protocol DeliveryAudit: Sendable {
    /// The provider's name.
    var provider: String { get }

    /// How far back it remembers what it delivered, and delivers it again, in seconds.
    var windowSeconds: Double { get }

    /// The deliveries since `since`, the newest first, each attempt of each.
    ///
    /// - Throws: ``ProviderError``.
    func deliveries(since: Timestamp) async throws -> [ReportedDelivery]

    /// Asks for one to be sent again.
    ///
    /// - Throws: ``ProviderError``.
    func redeliver(_ delivery: ReportedDelivery) async throws
}

/// One attempt of a source to deliver one report.
public struct ReportedDelivery: Sendable, Equatable {
    /// The number of the attempt, by which it is asked for again.
    public var id: UInt64
    /// The report's ``WebhookReport/delivery``, the same for each attempt.
    public var delivery: String
    public var deliveredAt: Timestamp
    /// The receiver answered with success.
    public var succeeded: Bool
    /// Such as `push`.
    public var event: String

    public init(id: UInt64, delivery: String, deliveredAt: Timestamp, succeeded: Bool, event: String) {
        self.id = id
        self.delivery = delivery
        self.deliveredAt = deliveredAt
        self.succeeded = succeeded
        self.event = event
    }
}
