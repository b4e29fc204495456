/// One attempt to deliver a webhook, as GitHub's log keeps it.
public struct WebhookDelivery: Sendable {
    /// What the simulator did to it on demand.
    public enum Mishap: String, Sendable {
        /// It never left, and the log says that the receiver was not reached.
        case lost
        /// It was not even made: the log does not know it either. (It has no place in GitHub's answers.)
        case withheld
        /// It was sent twice.
        case repeated
        /// It was held back until later ones had been sent.
        case reordered
    }

    /// Of this attempt; a redelivery has another.
    public var id: Int64
    /// Of the event: what `X-GitHub-Delivery` says, the same in each attempt.
    public var guid: String
    public var event: String
    public var action: String?
    public var installationID: Int64?
    public var repositoryID: Int64?
    public var isRedelivery = false
    /// Since 1970.
    public var deliveredAtMilliseconds: Int64
    /// How long the receiver took.
    public var durationMilliseconds: Int64 = 0
    /// What the receiver answered; 502 where it was not reached, 504 where it took too long, 0 while it is under way.
    public var statusCode = 0
    /// `OK`, or what went wrong.
    public var status = ""
    public var mishap: Mishap?
    /// The body, as it was signed.
    public var payload: [UInt8]
    /// What the receiver answered, at most `answerLimitBytes` of it.
    public var answer: [UInt8] = []
    var hook: Int64
    var requestHeaders: [(name: String, value: String)] = []
    var responseHeaders: [(name: String, value: String)] = []

    /// How much of a receiver's answer the log keeps.
    public static let answerLimitBytes = 4096
}

/// How often webhooks go astray, each from 0 to 1.
public struct WebhookFaults: Sendable {
    public var lost: Double
    public var withheld: Double
    public var repeated: Double
    public var reordered: Double
    /// How many later ones overtake one that is held back.
    public var reorderDistance: Int

    public init(
        lost: Double = 0, withheld: Double = 0, repeated: Double = 0, reordered: Double = 0, reorderDistance: Int = 5
    ) {
        (self.lost, self.withheld, self.repeated) = (lost, withheld, repeated)
        (self.reordered, self.reorderDistance) = (reordered, reorderDistance)
    }
}

/// Where webhooks go.
struct Hook: Sendable {
    var id: Int64
    /// The App whose hook it is; nil for one that hears of every repository.
    var app: Int64?
    var url: String
    var secret: String
    /// Since 1970.
    var createdAtSeconds: Int64
}
