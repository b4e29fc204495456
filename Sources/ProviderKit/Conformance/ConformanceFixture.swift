public import Events

/// What the author of a provider supplies so that the conformance suite can run against a real source.
public protocol ConformanceFixture: Sendable {
    var provider: any Provider { get }

    /// Names the source, in any form that a user may write.
    var locator: Locator { get }

    /// Locators that are refused at once.
    var invalidLocators: [Locator] { get }

    /// A well-formed locator of a source that does not exist; it is reported when the source is asked.
    var missingLocator: Locator { get }

    /// An empty directory for one source's spool.
    func makeSpoolDirectory() throws -> String

    /// A directory that stays the same from reading to reading; nil: nothing is kept.
    var cacheDirectory: String? { get }

    /// Makes the source hold exactly these files: path, content.
    func publish(_ files: [[UInt8]: [UInt8]]) async throws

    /// Git's id of a content.
    func hash(_ content: [UInt8]) -> SHA1Hash
}

/// What a provider does that the contract forbids.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// - Throws: ``ConformanceFailure`` with the message unless the condition holds.
func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    guard condition else { throw ConformanceFailure(message()) }
}
