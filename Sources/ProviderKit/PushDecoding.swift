public import Events

/// For providers whose sources report changes by themselves: what a report says, and whether it is genuine.
public protocol PushDecoding: Sendable {
    /// Whether the body was signed with one of the secrets. Compares in constant time.
    func verify(body: UnsafeRawBufferPointer, headers: [(name: String, value: String)]) -> Bool

    /// What a genuine report says.
    ///
    /// - Throws: ``ProviderError`` (permanent, malformed) where it cannot be read.
    func decode(body: UnsafeRawBufferPointer, headers: [(name: String, value: String)]) throws -> PushReport
}

/// What a source reported.
public struct PushReport: Sendable, Equatable {
    /// Unique to this report; the same when it is delivered again.
    public var delivery: String
    public var locator: Locator?
    public var ref: [UInt8]
    /// What the ref was at before, and is at now; nil where it did not or does not exist.
    public var before: SHA1Hash?
    public var after: SHA1Hash?

    public init(delivery: String, locator: Locator?, ref: [UInt8], before: SHA1Hash?, after: SHA1Hash?) {
        self.delivery = delivery
        self.locator = locator
        self.ref = ref
        self.before = before
        self.after = after
    }
}
