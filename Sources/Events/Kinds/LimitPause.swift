/// A limit lets nothing through before a time.
public struct LimitPause: Sendable, Equatable {
    /// Names the credential whose limit it is, without telling it; as `Failure.quota` does.
    public var limit: String
    public var until: Timestamp

    public init(limit: String, until: Timestamp) {
        self.limit = limit
        self.until = until
    }
}
