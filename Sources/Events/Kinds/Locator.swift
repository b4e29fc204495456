/// Names a source: `git:https://example.org/project.git`, `dir:/srv/code`. What follows the provider are bytes, since a
/// path need not be UTF-8.
public struct Locator: Sendable, Hashable, Comparable {
    /// `git`, `dir`, `github`.
    public let provider: String
    /// What the provider understands: a URL, a path, `owner/name`.
    public let source: [UInt8]

    public init(provider: String, source: [UInt8]) {
        self.provider = provider
        self.source = source
    }

    /// Splits `provider:source`; nil where one of the two is missing.
    public init?(_ bytes: some Collection<UInt8>) {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let provider = String(decoding: bytes[..<colon], as: UTF8.self)
        let source = Array(bytes[bytes.index(after: colon)...])
        guard !provider.isEmpty, !source.isEmpty, provider.utf8.allSatisfy({ (97...122).contains($0) }) else {
            return nil
        }
        self.init(provider: provider, source: source)
    }

    /// The locator as it is written.
    public var bytes: [UInt8] { Array(provider.utf8) + [UInt8(ascii: ":")] + source }

    /// The locator as it is shown; what is not UTF-8 is replaced by U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }

    public static func < (left: Self, right: Self) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension Locator: CustomStringConvertible {}
