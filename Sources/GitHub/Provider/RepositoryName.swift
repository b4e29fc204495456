public import Events
public import ProviderKit

/// `owner/name` as GitHub has it, in lower case: GitHub ignores case in names, so that one repository has one locator,
/// however it is written.
public struct RepositoryName: Sendable, Hashable, CustomStringConvertible {
    public let owner: String
    public let name: String

    /// The word before the colon of a locator.
    public static let provider = "github"

    /// Longest owner that GitHub allows, in bytes.
    static let maximumOwnerByteCount = 39
    /// Longest name that GitHub allows, in bytes.
    static let maximumNameByteCount = 100

    /// Reads `owner/name`, of any case; nil for what GitHub would not take as a name.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let (owner, name) = (parts[0].lowercased(), parts[1].lowercased())
        // Users managed by a company have an underscore in their names.
        guard (1...Self.maximumOwnerByteCount).contains(owner.utf8.count), owner.first != "-",
            owner.utf8.allSatisfy({ Self.isWordByte($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }),
            (1...Self.maximumNameByteCount).contains(name.utf8.count), name != ".", name != "..",
            name.utf8.allSatisfy({ Self.isWordByte($0) || "-_.".utf8.contains($0) })
        else { return nil }
        self.owner = owner
        self.name = name
    }

    /// Reads the source of a locator: `owner/name`, or the URL of the repository's page or of its Git server.
    ///
    /// - Throws: ``ProviderError`` (invalidLocator) that says what a locator looks like.
    public init(_ locator: Locator) throws(ProviderError) {
        let source = String(decoding: locator.source, as: UTF8.self)
        var text = source[...]
        for prefix in ["https://github.com/", "http://github.com/", "github.com/", "git@github.com:"]
        where text.lowercased().hasPrefix(prefix) {
            text = text.dropFirst(prefix.count)
            break
        }
        while text.last == "/" { text.removeLast() }
        if text.lowercased().hasSuffix(".git") { text = text.dropLast(4) }
        guard locator.provider == Self.provider, source.utf8.elementsEqual(locator.source), let read = Self(text) else {
            throw .permanent(
                .invalidLocator, "a repository on GitHub is named by its owner and its name: github:owner/name")
        }
        self = read
    }

    public var description: String { "\(owner)/\(name)" }

    /// The one form in which it is kept.
    public var locator: Locator { Locator(provider: Self.provider, source: Array(description.utf8)) }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
