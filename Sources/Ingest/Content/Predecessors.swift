import Events
import Projections
import ProviderKit
import State

/// Finds what a content of a repository may be kept as a difference from: what its path had before, or what has the same name
/// in another directory, as where a directory was moved.
struct Predecessors {
    private let repository: RepositoryRow
    /// Contents by the last name of their paths; nil: nobody has looked yet.
    private var names: [ArraySlice<UInt8>: [Named]]?
    /// Contents so far at paths that are new.
    private var newcomerCount = 0

    private struct Named {
        var path: [UInt8]
        var hash: SHA1Hash
    }

    /// A look at all names is worth it once there is a newcomer for so many of them.
    private static let namesPerNewcomer = 64
    /// Most names that are looked at: memory of some 20 MB.
    private static let maximumNameCount = 1 << 17
    /// A name that more files have says nothing about what is in them.
    private static let maximumNamesakes = 4

    init(_ repository: RepositoryRow) {
        self.repository = repository
    }

    /// The content that what now stands at `path` comes after, in all likelihood.
    mutating func predecessor(of path: [UInt8], _ state: StateStore) throws -> SHA1Hash? {
        guard repository.files > 0 else { return nil }
        if let before = try state.read({ view in try lastContent(at: path, view) }) { return before }
        newcomerCount += 1
        if names == nil {
            guard repository.files <= UInt64(Self.maximumNameCount),
                newcomerCount * Self.namesPerNewcomer >= Int(repository.files)
            else { return nil }
            names = try state.read { view in try readNames(view) }
        }
        return namesake(of: path)
    }

    /// The last content that `path` had, also where it is gone since.
    private func lastContent(at path: [UInt8], _ view: borrowing StateView) throws -> SHA1Hash? {
        var version = try view.file(repository.id, path: path, asOf: nil)
        if let gone = version, case .removed = gone.content {
            version = try gone.replaces.flatMap { try view.file(repository.id, path: path, asOf: $0.position) }
        }
        guard let version else { return nil }
        return Self.content(of: version)
    }

    private func readNames(_ view: borrowing StateView) throws -> [ArraySlice<UInt8>: [Named]] {
        var names: [ArraySlice<UInt8>: [Named]] = [:]
        try view.forEachFile(repository.id, asOf: nil) { version in
            guard let hash = Self.content(of: version) else { return true }
            names[Self.name(of: version.path), default: []].append(Named(path: version.path, hash: hash))
            return true
        }
        return names
    }

    /// Of the files with the same name the one whose directories' names agree the longest, from the last on.
    private func namesake(of path: [UInt8]) -> SHA1Hash? {
        guard let namesakes = names?[Self.name(of: path)], namesakes.count <= Self.maximumNamesakes else { return nil }
        return namesakes.max { left, right in
            Self.commonEnd(left.path, path) < Self.commonEnd(right.path, path)
        }?.hash
    }

    private static func commonEnd(_ left: [UInt8], _ right: [UInt8]) -> Int {
        zip(left.reversed(), right.reversed()).prefix { $0 == $1 }.count
    }

    private static func name(of path: [UInt8]) -> ArraySlice<UInt8> {
        path.suffix(from: path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? path.startIndex)
    }

    private static func content(of version: FileVersion) -> SHA1Hash? {
        guard case .upserted(let mode, let hash, _) = version.content, mode != GitMode.submodule else { return nil }
        return hash
    }
}
