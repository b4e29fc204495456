import Foundation
import Testing

/// Answers and payloads that others have recorded.
enum Recorded {
    /// The folder of given material; nil where this checkout has none.
    static let folder: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let shared =
            ProcessInfo.processInfo.environment["INGESTOR_SHARED"].map { URL(fileURLWithPath: $0) }
            ?? root.deletingLastPathComponent().appendingPathComponent("shared")
        let data = shared.appendingPathComponent("data").path
        return FileManager.default.fileExists(atPath: data) ? data : nil
    }()

    static var isThere: Bool { folder != nil }

    private static func data(_ path: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: try #require(folder) + "/" + path))
    }

    /// A recorded payload, as `push/payload.json`.
    static func webhook(_ path: String) throws -> Any {
        try JSONSerialization.jsonObject(with: data("webhook-examples/\(path)"))
    }

    /// The body of one answer of a recorded conversation: ten lines each and an empty one.
    static func answer(_ name: String, number: Int = 0) throws -> Any {
        let lines = String(decoding: try data("pygithub-replay/\(name).txt"), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        return try JSONSerialization.jsonObject(with: Data(lines[number * 11 + 9].utf8))
    }

    static func fixture(_ name: String, number: Int = 0) throws -> Any {
        let all = try JSONSerialization.jsonObject(with: data("octokit-fixtures/\(name)/normalized-fixture.json"))
        return try #require((all as? [[String: Any]])?[number]["response"])
    }
}

/// Which members one document has and the other has not: `-a.b` is only recorded, `+a.b` only ours. Of lists the first
/// elements are compared; a `null` tells nothing of what stands there otherwise.
func differences(recorded: Any, ours: Any, at path: String = "") -> Set<String> {
    if let recorded = recorded as? [String: Any], let ours = ours as? [String: Any] {
        return recorded.reduce(into: Set<String>()) { found, member in
            let name = path.isEmpty ? member.key : "\(path).\(member.key)"
            if let own = ours[member.key] {
                found.formUnion(differences(recorded: member.value, ours: own, at: name))
            } else {
                found.insert("-\(name)")
            }
        }.union(ours.keys.filter { recorded[$0] == nil }.map { "+\(path.isEmpty ? $0 : "\(path).\($0)")" })
    }
    if let recorded = recorded as? [Any], let ours = ours as? [Any] {
        guard let first = recorded.first, let own = ours.first else { return [] }
        return differences(recorded: first, ours: own, at: path)
    }
    if recorded is NSNull || ours is NSNull { return [] }
    // A number where text was recorded, and the like.
    return kind(recorded) == kind(ours) ? [] : ["?\(path)"]
}

private func kind(_ value: Any) -> String {
    switch value {
    case is String: "text"
    case is NSNumber: "number"
    case is [Any]: "list"
    default: "object"
    }
}
