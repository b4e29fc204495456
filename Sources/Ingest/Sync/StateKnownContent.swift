import Events
import Projections
import ProviderKit
import Silo
import State

/// What the state and the store know of a repository, as a provider asks for it.
struct StateKnownContent: KnownContent {
    let state: StateStore
    let silo: Silo
    let repository: RepositoryRow
    let isDistrusted: Bool
    /// The items from before are in another domain: each is recorded anew, changed or not.
    let startsAnew: Bool
    let isExact: Bool

    var checkpoint: Checkpoint? {
        guard let commit = repository.lastCommit, let tree = repository.lastTree else { return nil }
        return Checkpoint(commit: commit, tree: tree, validator: repository.validator)
    }

    var isEmpty: Bool {
        get throws { try state.read { view in try view.statistics(in: repository.domain).blobs == 0 } }
    }

    func forEachItem(from path: [UInt8], _ body: (ObservedItem) throws -> Bool) throws {
        guard let visible = repository.lastCompleted else { return }
        try state.read { view in
            try view.forEachFile(repository.id, asOf: visible, from: path) { version in
                switch version.content {
                case .upserted(let mode, let hash, _) where mode == GitMode.submodule:
                    try body(ObservedItem(path: version.path, content: .submodule(hash: hash)))
                case .upserted(let mode, let hash, let size):
                    try body(ObservedItem(path: version.path, content: .blob(mode: mode, hash: hash, size: size)))
                case .skipped(let mode, let hash, let size, let reason):
                    try body(
                        ObservedItem(
                            path: version.path, content: .skipped(mode: mode, hash: hash, size: size, reason: reason)))
                case .removed: true
                }
            }
        }
    }

    func size(of hash: SHA1Hash) throws -> UInt64? {
        try state.read { view in
            guard let row = try view.blob(hash, in: repository.domain), row.damage == nil else { return nil }
            return row.stored?.size
        }
    }

    func content(of hash: SHA1Hash, atMost limit: Int) throws -> [UInt8]? {
        guard let info = try silo.contains(hash, in: repository.domain), info.byteCount <= limit else { return nil }
        return try silo.read(hash, in: repository.domain)
    }
}
