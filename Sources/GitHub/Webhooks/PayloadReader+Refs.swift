import Events
import ProviderKit

extension PayloadReader {
    /// What a push says; nil where it does not say what was pushed where.
    func push() -> ReportedRefChange? {
        guard let repository = repository(payload["repository"]),
            let ref = word(payload["ref"], limit: Self.maximumRefByteCount)
        else { return nil }
        let before = commit(payload["before"])
        let after = commit(payload["after"])
        guard let before, let after else {
            // The ref moved, and that is all that can be said.
            return ReportedRefChange(
                repository: repository, ref: Array(ref.utf8), before: nil, after: nil, tellsCommits: false)
        }
        let isForced = payload["forced"]?.bool ?? false
        let changes = after.hash.map {
            PushedChanges(before: before.hash ?? .zero, after: $0, content: files(before.hash, isForced: isForced))
        }
        return ReportedRefChange(
            repository: repository, ref: Array(ref.utf8), before: before.hash, after: after.hash, isForced: isForced,
            changes: changes)
    }

    /// The files that the commits of a push name, each as the last of them leaves it.
    private func files(_ before: SHA1Hash?, isForced: Bool) -> PushedChanges.Content {
        guard before != nil else { return .untold("the push made the branch") }
        guard !isForced else { return .untold("the push was forced: its commits do not follow from the last one") }
        guard let commits = payload["commits"]?.array, !commits.isEmpty else {
            return .untold("the push lists no commits, or more than \(Self.maximumPushedCommitCount)")
        }
        var files: [[UInt8]: PushedChanges.Change] = [:]
        for commit in commits {
            let kinds: [(String, PushedChanges.Change)] = [
                ("added", .added), ("modified", .modified), ("removed", .removed),
            ]
            for (kind, change) in kinds {
                guard let paths = commit[kind]?.array else {
                    return .untold(
                        "the push lists a commit without its files, or with more than \(Self.maximumListedFileCount)")
                }
                for path in paths {
                    guard let path = path.string.map({ Array($0.utf8) }) else {
                        return .untold("the push lists a file without a name")
                    }
                    files[path] = files[path].map { PushedChanges.change($0, then: change) } ?? change
                }
            }
        }
        return .files(files)
    }

    /// What `create` and `delete` say: a branch or a tag, without its commit; nil for anything else.
    func createdOrDeleted() -> ReportedRefChange? {
        guard let repository = repository(payload["repository"]),
            let name = word(payload["ref"], limit: Self.maximumRefByteCount)
        else { return nil }
        let folder: String
        switch payload["ref_type"]?.string {
        case "branch": folder = "refs/heads/"
        case "tag": folder = "refs/tags/"
        default: return nil
        }
        let ref = name.hasPrefix("refs/") ? name : folder + name
        return ReportedRefChange(
            repository: repository, ref: Array(ref.utf8), before: nil, after: nil, tellsCommits: false)
    }

    private struct ReportedCommit {
        /// Nil for the forty zeros that stand for no commit.
        var hash: SHA1Hash?
    }

    private func commit(_ json: JSON?) -> ReportedCommit? {
        guard let hash = json?.string.flatMap({ SHA1Hash(hex: $0) }) else { return nil }
        return ReportedCommit(hash: hash == .zero ? nil : hash)
    }
}
