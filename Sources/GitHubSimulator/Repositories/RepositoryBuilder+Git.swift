/// Reading a repository, and changing what is below files and commits.
extension RepositoryBuilder {
    // MARK: References

    /// The commit that a branch points to.
    public func head(of branch: String? = nil) throws -> String? {
        let output = try git(["for-each-ref", "--format=%(objectname)", "refs/heads/\(branch ?? self.branch)"])
        return output.isEmpty ? nil : Self.line(output)
    }

    /// The id of what git understands by `revision`.
    public func resolve(_ revision: String) throws -> String {
        Self.line(try git(["rev-parse", "--verify", "--quiet", "--end-of-options", revision]))
    }

    /// - Parameter name: in full, as `refs/tags/v1`; nil for `id` deletes it.
    public func setReference(_ name: String, to id: String?) throws {
        try git(id.map { ["update-ref", name, $0] } ?? ["update-ref", "-d", name])
    }

    /// Makes another branch the one that `HEAD` names.
    public func setDefaultBranch(_ branch: String) throws {
        try git(["symbolic-ref", "HEAD", "refs/heads/\(branch)"])
    }

    // MARK: Objects

    /// Stores an object as it is, a malformed one too, and returns its id.
    /// - Parameter kind: `blob`, `tree`, `commit` or `tag`.
    public func storeObject(_ kind: String, _ content: RepositoryContent) throws -> String {
        let arguments = ["hash-object", "-t", kind, "-w", "--stdin", "--literally"]
        return Self.line(
            try GitCommand.run(arguments.map { Array($0.utf8) }, in: path) { try content.forEachPiece($0.write) })
    }

    /// Stores a tree with just these entries, in this order: names such as `..` or `.git`, doubled ones, wrong modes.
    public func storeTree(_ entries: [RepositoryEntry]) throws -> String {
        var bytes: [UInt8] = []
        for entry in entries {
            bytes += Array(entry.mode.utf8) + [0x20] + entry.path.bytes + [0]
            for index in stride(from: 0, to: entry.id.utf8.count, by: 2) {
                let start = entry.id.utf8.index(entry.id.startIndex, offsetBy: index)
                let digits = entry.id[start...].prefix(2)
                guard let byte = UInt8(digits, radix: 16) else {
                    throw SimulatorError(code: .malformed, message: "\(entry.id) is no object id")
                }
                bytes.append(byte)
            }
        }
        return try storeObject("tree", .bytes(bytes))
    }

    /// Commits a tree, whatever is in it, as the branch's next state.
    @discardableResult
    public func commit(tree: String, _ message: String = "Tree", on branch: String? = nil) throws -> String {
        let name = branch ?? self.branch
        let parent = try head(of: name).map { "parent \($0)\n" } ?? ""
        let identity = "\(Self.author) \(Self.firstCommitTime) +0000"
        let text = "tree \(tree)\n\(parent)author \(identity)\ncommitter \(identity)\n\n\(message)\n"
        let id = try storeObject("commit", .text(text))
        try setReference("refs/heads/\(name)", to: id)
        return id
    }

    /// Packs everything into one pack, as a server does in time.
    public func repack() throws { try git(["repack", "-a", "-d", "-f", "--quiet"]) }

    // MARK: What git says

    /// The bytes of `git ls-tree -r`.
    public func listing(at revision: String? = nil) throws -> [UInt8] {
        try git(["ls-tree", "-r", revision ?? branch])
    }

    public func entries(at revision: String? = nil) throws -> [RepositoryEntry] {
        let output = try git(["ls-tree", "-r", "-z", revision ?? branch])
        return output.split(separator: 0).compactMap { line in
            // `mode SP type SP id TAB path`
            guard let tab = line.firstIndex(of: 0x09) else { return nil }
            let fields = line[..<tab].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            guard fields.count == 3 else { return nil }
            return RepositoryEntry(mode: fields[0], id: fields[2], path: RepositoryPath(Array(line[(tab + 1)...])))
        }
    }

    /// The content of a blob.
    public func blob(_ id: String) throws -> [UInt8] { try git(["cat-file", "blob", id]) }

    /// Runs `git` in the repository and returns its standard output.
    @discardableResult
    public func git(_ arguments: [String]) throws -> [UInt8] {
        try GitCommand.run(arguments.map { Array($0.utf8) }, in: path)
    }

    @discardableResult
    static func run(_ arguments: [String]) throws -> [UInt8] {
        try GitCommand.run(arguments.map { Array($0.utf8) })
    }

    /// The first line of what git said.
    static func line(_ output: [UInt8]) -> String {
        String(decoding: output.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
