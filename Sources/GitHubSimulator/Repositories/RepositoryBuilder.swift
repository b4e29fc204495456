import Synchronization

/// Makes a real bare repository with git, for demos and tests: the same calls always give the same ids.
///
/// Changes gather until `commit()` writes them. Authors and dates are fixed: each commit is a minute after the one before.
/// ```swift
/// let repository = try RepositoryBuilder(at: folder + "/project.git")
/// repository.write("Sources/main.swift", "print(1)\n")
/// repository.rename("README", to: "README.md")
/// let commit = try repository.commit("Start")
/// ```
public final class RepositoryBuilder: Sendable {
    public enum ObjectFormat: String, Sendable {
        case sha1, sha256
    }

    public enum Parent: Sendable, ExpressibleByStringLiteral {
        /// What the branch points to; none where it is new.
        case branch
        /// A history of its own.
        case none
        /// A commit's id or anything else that git resolves, such as `main~2`.
        case commit(String)

        public init(stringLiteral value: String) { self = .commit(value) }
    }

    /// 2023-11-14T22:13:20Z, in seconds since 1970.
    public static let firstCommitTime: Int64 = 1_700_000_000
    public static let author = "Ada Author <ada@example.org>"

    /// The repository's folder.
    public let path: String
    /// The branch that `HEAD` names at first.
    public let branch: String
    private let state: Mutex<(changes: [TreeChange], commits: Int64)>

    /// Makes an empty repository.
    public init(at path: String, branch: String = "main", format: ObjectFormat = .sha1) throws {
        (self.path, self.branch) = (path, branch)
        state = Mutex(([], 0))
        try Self.run([
            "init", "--quiet", "--bare", "--initial-branch", branch, "--object-format", format.rawValue, path,
        ])
    }

    /// Takes a repository that is there.
    init(opening path: String, branch: String) {
        (self.path, self.branch) = (path, branch)
        state = Mutex(([], 0))
    }

    /// Copies a repository on disk with all its history.
    public init(cloning source: String, to path: String) throws {
        try Self.run(["clone", "--quiet", "--bare", "--no-hardlinks", source, path])
        let head = try Self.run(["-C", path, "symbolic-ref", "--short", "HEAD"])
        let count = try Self.run(["-C", path, "rev-list", "--count", "--all"])
        self.path = path
        branch = Self.line(head)
        state = Mutex(([], Int64(Self.line(count)) ?? 0))
    }

    // MARK: Changes

    public func write(_ path: RepositoryPath, _ content: RepositoryContent, executable: Bool = false) {
        append(.write(path, executable ? .executable : .regular, content))
    }

    public func symlink(_ path: RepositoryPath, to target: RepositoryPath) {
        append(.write(path, .symlink, .bytes(target.bytes)))
    }

    /// - Parameter commit: a commit's id in the other repository, which need not exist.
    public func submodule(_ path: RepositoryPath, commit: String) {
        append(.place(path, .submodule, id: commit))
    }

    /// Gives a file that is committed another mode, its content unchanged.
    public func setMode(_ path: RepositoryPath, _ mode: FileMode, on branch: String? = nil) throws {
        guard let entry = try entries(at: branch ?? self.branch).first(where: { $0.path == path }) else {
            throw SimulatorError(
                code: .git,
                message: "no committed file \(String(decoding: path.bytes, as: UTF8.self)) to change the mode of")
        }
        append(.place(path, mode, id: entry.id))
    }

    /// Removes a file, or a folder with all it holds.
    public func remove(_ path: RepositoryPath) { append(.remove(path)) }

    public func removeAll() { append(.removeAll) }

    /// Renames a file or a folder.
    public func rename(_ from: RepositoryPath, to: RepositoryPath) { append(.rename(from: from, to: to)) }

    private func append(_ change: TreeChange) { state.withLock { $0.changes.append(change) } }

    // MARK: Commits

    /// Writes the gathered changes, or an empty commit, and moves the branch.
    /// - Parameters:
    ///   - parent: anything but `.branch` rewrites the branch, as a force push does.
    ///   - merging: further parents.
    ///   - time: seconds since 1970; nil for a minute after the commit made before.
    /// - Returns: the commit's id.
    @discardableResult
    public func commit(
        _ message: String = "Change", on branch: String? = nil, parent: Parent = .branch, merging: [String] = [],
        author: String = author, time: Int64? = nil
    ) throws -> String {
        let name = branch ?? self.branch
        let first: String?
        switch parent {
        case .branch: first = try head(of: name)
        case .none: first = nil
        case .commit(let revision): first = try resolve(revision)
        }
        let draft = state.withLock { state in
            defer { state = ([], state.commits + 1) }
            return CommitDraft(
                reference: "refs/heads/\(name)", parents: (first.map { [$0] } ?? []) + merging, message: message,
                author: author, time: time ?? Self.firstCommitTime + 60 * state.commits, changes: state.changes)
        }
        let output = try GitCommand.run(
            ["fast-import", "--quiet", "--force", "--date-format=raw"].map { Array($0.utf8) }, in: path
        ) { try FastImportStream(input: $0).write(draft) }
        return Self.line(output)
    }

    /// Commits all files of a folder on disk as the branch's next state, by git's own rules (ignored files included).
    @discardableResult
    public func commit(folder: String, _ message: String = "Import") throws -> String {
        try git(["--work-tree=\(folder)", "add", "--all", "--force", "."])
        let tree = Self.line(try git(["write-tree"]))
        let number = state.withLock { state in
            defer { state.commits += 1 }
            return state.commits
        }
        let parents = try head(of: branch).map { ["-p", $0] } ?? []
        let date = "\(Self.firstCommitTime + 60 * number) +0000"
        let identity = ["AUTHOR", "COMMITTER"].flatMap {
            ["GIT_\($0)_NAME=Ada Author", "GIT_\($0)_EMAIL=ada@example.org", "GIT_\($0)_DATE=\(date)"]
        }
        let arguments = ["commit-tree", "-m", message] + parents + [tree]
        let commit = Self.line(
            try GitCommand.run(
                arguments.map { Array($0.utf8) }, in: path, environment: GitCommand.environment() + identity))
        try setReference("refs/heads/\(branch)", to: commit)
        return commit
    }
}
