import Events
import Hummingbird
import ProviderKit

/// What somebody says of a source that is to be watched.
struct RepositoryBody {
    let locator: Locator?
    let tenant: String?
    private let fields: [(String, JSON)]

    private static let configurationFields: Set<String> = [
        "branch", "isPrivate", "includePatterns", "excludePatterns", "keepHistoryDays", "fetchesLargeFiles",
    ]
    /// Patterns in one list, and code points in one of them, or in another text.
    static let maximumPatternCount = 1000
    static let maximumTextLength = 4096

    /// - Parameter isNew: it names the source, and its tenant if it has to.
    /// - Throws: `Problem` for what is not as it has to be.
    init(_ body: JSON, isNew: Bool) throws(Problem) {
        guard let fields = body.object else { throw Problem.malformed("the body has to be a JSON object") }
        var seen: Set<String> = []
        for (name, _) in fields {
            guard Self.configurationFields.contains(name) || isNew && (name == "locator" || name == "tenant") else {
                throw Problem.malformed("the body has a field that is unknown here")
            }
            guard seen.insert(name).inserted else { throw Problem.malformed("\(name) stands twice in the body") }
        }
        self.fields = fields
        guard isNew else {
            (locator, tenant) = (nil, nil)
            return
        }
        guard let text = body["locator"]?.string, text.unicodeScalars.count <= Self.maximumTextLength else {
            throw Problem.malformed("locator has to be a text such as github:owner/name")
        }
        guard let locator = Locator(Array(text.utf8)) else {
            throw Problem(
                status: .unprocessableContent, code: "invalidLocator",
                detail: "the locator is none: it begins with its provider, such as github:owner/name")
        }
        self.locator = locator
        tenant = try Self.optional(body["tenant"], "tenant") { $0.string }
    }

    /// `configuration` with what the body says of it.
    func apply(to configuration: RepositoryConfiguration) throws(Problem) -> RepositoryConfiguration {
        var result = configuration
        for (name, value) in fields {
            switch name {
            case "branch":
                result.branch = try Self.optional(value, name) { value in
                    value.string.flatMap { text in
                        text.isEmpty || text.unicodeScalars.count > Self.maximumTextLength ? nil : Array(text.utf8)
                    }
                }
            case "isPrivate": result.isPrivate = try Self.required(value, name) { $0.bool }
            case "fetchesLargeFiles": result.fetchesLargeFiles = try Self.required(value, name) { $0.bool }
            case "includePatterns": result.include = try Self.patterns(value, name)
            case "excludePatterns": result.exclude = try Self.patterns(value, name)
            case "keepHistoryDays":
                result.keepHistoryDays = try Self.optional(value, name) {
                    Self.integer($0).flatMap { UInt32(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil }
                }
            default: break
            }
        }
        return result
    }

    private static func patterns(_ value: JSON, _ name: String) throws(Problem) -> [[UInt8]] {
        guard let list = value.array, list.count <= maximumPatternCount else {
            throw Problem.malformed("\(name) has to be a list of at most \(maximumPatternCount) patterns")
        }
        var patterns: [[UInt8]] = []
        for item in list {
            guard let text = item.string, !text.isEmpty, text.unicodeScalars.count <= maximumTextLength else {
                throw Problem.malformed("\(name) has something that is no pattern")
            }
            patterns.append(Array(text.utf8))
        }
        return patterns
    }

    /// A whole number, however it is written: to JSON Schema 274.0 is one too.
    private static func integer(_ value: JSON) -> UInt64? {
        if let number = value.uint64 { return number }
        guard case .number(let text) = value, let number = Double(text) else { return nil }
        return UInt64(exactly: number)
    }

    private static func required<T>(_ value: JSON, _ name: String, _ read: (JSON) -> T?) throws(Problem) -> T {
        guard let result = read(value) else { throw Problem.malformed("\(name) is not of the type that it has to be") }
        return result
    }

    private static func optional<T>(_ value: JSON?, _ name: String, _ read: (JSON) -> T?) throws(Problem) -> T? {
        guard let value, !value.isNull else { return nil }
        return try required(value, name, read)
    }
}
