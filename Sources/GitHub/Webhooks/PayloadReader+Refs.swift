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
        return ReportedRefChange(
            repository: repository, ref: Array(ref.utf8), before: before.hash, after: after.hash,
            isForced: payload["forced"]?.bool ?? false)
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
