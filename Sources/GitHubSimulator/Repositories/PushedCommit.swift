/// A commit as the payload of a push tells it.
struct PushedCommit: Sendable {
    var id: String
    var commit: CommitObject
    var added: [RepositoryPath] = []
    var removed: [RepositoryPath] = []
    var modified: [RepositoryPath] = []

    /// Before each commit of the log below: a byte that no name or message has.
    private static let mark: UInt8 = 0x01

    /// The commits of `new` that none of `old` has, oldest first.
    /// - Parameter limit: older ones are left out.
    static func list(in path: String, from old: [String], to new: String, limit: Int) throws -> [PushedCommit] {
        let format = "%x01%H%n%T%n%P%n%an%n%ae%n%at%n%cn%n%ce%n%ct%n%B%x02"
        let output = try GitCommand.run(
            [
                "log", "-z", "--topo-order", "--max-count=\(limit)", "--format=\(format)", "--name-status",
                "--no-renames", new, "--not",
            ].map { Array($0.utf8) } + old.map { Array($0.utf8) }, in: path)
        return output.split(separator: mark).compactMap(parse).reversed()
    }

    /// Nine lines, the message, a mark, then `status NUL path NUL` for each file.
    private static func parse(_ text: ArraySlice<UInt8>) -> PushedCommit? {
        guard let end = text.firstIndex(of: 0x02) else { return nil }
        let lines = text[..<end].split(separator: 0x0A, maxSplits: 9, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard lines.count == 10 else { return nil }
        var commit = CommitObject(
            tree: lines[1], parents: lines[2].split(separator: " ").map(String.init),
            author: .init(name: lines[3], email: lines[4], seconds: Int64(lines[5]) ?? 0), message: lines[9])
        commit.committer = .init(name: lines[6], email: lines[7], seconds: Int64(lines[8]) ?? 0)
        while commit.message.hasSuffix("\n") { commit.message.removeLast() }
        var pushed = PushedCommit(id: lines[0], commit: commit)
        var fields = text[text.index(after: end)...].split { $0 == 0 || $0 == 0x0A }[...]
        while let status = fields.popFirst(), let path = fields.popFirst() {
            let path = RepositoryPath(Array(path))
            switch status.first {
            case UInt8(ascii: "A"): pushed.added.append(path)
            case UInt8(ascii: "D"): pushed.removed.append(path)
            default: pushed.modified.append(path)
            }
        }
        return pushed
    }
}
