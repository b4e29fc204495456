import Events
import Projections
import ProviderKit
import State

/// Finds what a content of a repository may be kept as a difference from: what its path had before, or what has the same name
/// in another directory, as where a directory was moved.
struct Predecessors {
    private let repository: RepositoryRow
    /// What stands in the repository; nil: nobody has looked yet.
    private var namesakes: Namesakes?
    /// Contents so far at paths that are new.
    private var newcomerCount = 0

    /// A look at all names is worth it once there is a newcomer for so many of them.
    private static let namesPerNewcomer = 64
    /// Most names that are looked at: memory of some 20 MB.
    private static let maximumNameCount = 1 << 17

    init(_ repository: RepositoryRow) {
        self.repository = repository
    }

    /// The content that what now stands at `path` comes after, in all likelihood.
    mutating func predecessor(of path: [UInt8], size: UInt64, _ state: StateStore) throws -> SHA1Hash? {
        guard repository.files > 0 else { return nil }
        if let before = try state.read({ view in try lastContent(at: path, view) }) { return before }
        newcomerCount += 1
        if namesakes == nil {
            guard repository.files <= UInt64(Self.maximumNameCount),
                newcomerCount * Self.namesPerNewcomer >= Int(repository.files)
            else { return nil }
            namesakes = try state.read { view in try readNames(view) }
        }
        return namesakes?.closest(to: path, size: size)
    }

    /// The last content that `path` had, also where it is gone since.
    private func lastContent(at path: [UInt8], _ view: borrowing StateView) throws -> SHA1Hash? {
        var version = try view.file(repository.id, path: path, asOf: nil)
        if let gone = version, case .removed = gone.content {
            version = try gone.replaces.flatMap { try view.file(repository.id, path: path, asOf: $0.position) }
        }
        guard case .upserted(let mode, let hash, _)? = version?.content, mode != GitMode.submodule else { return nil }
        return hash
    }

    private func readNames(_ view: borrowing StateView) throws -> Namesakes {
        var namesakes = Namesakes()
        try view.forEachFile(repository.id, asOf: nil) { version in
            if case .upserted(let mode, let hash, let size) = version.content, mode != GitMode.submodule {
                namesakes.insert(version.path, hash, size: size)
            }
            return true
        }
        return namesakes
    }
}
