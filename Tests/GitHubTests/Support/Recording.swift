import Foundation

/// One recorded request with its answer.
struct Recording: Sendable {
    var method: String
    /// With its query.
    var path: String
    var status: Int
    var headers: [(name: String, value: String)]
    var body: String

    /// The folder of given material; nil where this checkout has none.
    static let folder: String? = {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let shared =
            ProcessInfo.processInfo.environment["INGESTOR_SHARED"].map { URL(fileURLWithPath: $0) }
            ?? root.deletingLastPathComponent().appendingPathComponent("shared")
        let data = shared.appendingPathComponent("data").path
        return FileManager.default.fileExists(atPath: data) ? data : nil
    }()

    /// Ten lines each: scheme, verb, host, port, path, request headers and body, status, answer headers and body.
    static func pygithub(_ name: String) throws -> [Recording] {
        let file = "\(folder ?? "")/pygithub-replay/\(name).txt"
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        return stride(from: 0, to: lines.count - 9, by: 11).map { start in
            Recording(
                method: lines[start + 1], path: lines[start + 4], status: Int(lines[start + 7]) ?? 0,
                headers: headers(lines[start + 8]), body: lines[start + 9])
        }
    }

    /// A list of exchanges as octokit's fixtures have them.
    static func octokit(_ scenario: String) throws -> [Recording] {
        let file = "\(folder ?? "")/octokit-fixtures/\(scenario)/normalized-fixture.json"
        let read = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
        return try (read as? [[String: Any]] ?? []).map { exchange in
            let response = exchange["response"]
            let headers = exchange["headers"] as? [String: Any] ?? [:]
            var body = ""
            if let text = response as? String {
                body = text
            } else if let response {
                body = String(decoding: try JSONSerialization.data(withJSONObject: response), as: UTF8.self)
            }
            return Recording(
                method: (exchange["method"] as? String ?? "").uppercased(), path: exchange["path"] as? String ?? "",
                status: exchange["status"] as? Int ?? 0, headers: headers.map { ($0.key, "\($0.value)") }, body: body)
        }
    }

    /// Python's notation of a list of pairs: `[('name', "value"), …]`.
    private static func headers(_ text: String) -> [(name: String, value: String)] {
        var strings: [String] = []
        var characters = text[...]
        while let start = characters.firstIndex(where: { $0 == "'" || $0 == "\"" }) {
            let quote = characters[start]
            var string = ""
            characters = characters[characters.index(after: start)...]
            while let next = characters.popFirst(), next != quote {
                if next == "\\", let escaped = characters.popFirst() {
                    string.append(escaped)
                } else {
                    string.append(next)
                }
            }
            strings.append(string)
        }
        return stride(from: 0, to: strings.count - 1, by: 2).map { (strings[$0], strings[$0 + 1]) }
    }
}
