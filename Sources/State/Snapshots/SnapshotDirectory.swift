import EventLog
import Events
import LMDB
import Projections

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Stored snapshots of a state: each a directory, named by how many events it has folded, with a closed state and a manifest.
struct SnapshotDirectory {
    let path: String

    struct Entry {
        let count: UInt64
        let path: String
    }

    private static let nameByteCount = 20
    private static let newName = "new"
    private static let dataName = "data.mdb"
    private static let lockName = "lock.mdb"

    /// Those that are there, the newest first.
    func entries() throws(StateError) -> [Entry] {
        try Directories.names(in: path).filter { $0.utf8.count == Self.nameByteCount }.compactMap { name in
            UInt64(name).map { Entry(count: $0, path: "\(path)/\(name)") }
        }.sorted { $0.count > $1.count }
    }

    // MARK: Taking

    /// Copies the state as it is now, and says so when the copy is on the device. Older ones than those that are kept are deleted.
    ///
    /// The one who writes goes on meanwhile: pages that the copy reads are not used again until it is done.
    /// - Returns: how many events it has folded.
    func take(of tables: StateTables, _ log: EventLog, _ options: StateOptions) throws -> UInt64 {
        try Directories.create(path)
        let new = "\(path)/\(Self.newName)"
        try Directories.removeEnvironment(new)
        try Directories.create(new)
        do {
            try tables.environment.copy(to: new)
            let (count, root) = try close(new, log, options)
            let data = "\(new)/\(Self.dataName)"
            let (byteCount, hash) = try FileCopy.hash(data)
            let manifest = SnapshotManifest(
                count: count, root: root, signature: AllProjections.signature, byteCount: byteCount, contentHash: hash)
            try FileCopy.create("\(new)/\(SnapshotManifest.fileName)", holding: manifest.bytes)
            try Directories.sync(new)
            let digits = String(count)
            let name = String(repeating: "0", count: Self.nameByteCount - digits.utf8.count) + digits
            try Directories.replaceEnvironment("\(path)/\(name)", with: new)
            try Directories.sync(path)
            try prune()
            return count
        } catch {
            // On a full device the half of a copy is the last thing that is needed.
            try Directories.removeEnvironment(new)
            throw error
        }
    }

    /// Makes of a copy a state that was closed.
    private func close(
        _ directory: String, _ log: EventLog, _ options: StateOptions
    ) throws -> (count: UInt64, root: SHA256Hash) {
        let tables = try StateTables(directory: directory, options: options, isReadOnly: false)
        var description = try tables.environment.read { try StateDescription($0, tables.meta) } ?? StateDescription()
        let count = description.count
        let root = try log.read { try $0.root(size: count) }
        description.rootCount = count
        description.root = root.bytes
        description.isClean = true
        let closed = description
        try tables.environment.write { try closed.write(&$0, tables.meta) }
        try tables.environment.sync(force: true)
        try Directories.remove("\(directory)/\(Self.lockName)")
        return (count, root)
    }

    /// Deletes all but the newest.
    private func prune() throws(StateError) {
        for entry in try entries().dropFirst(StateLimits.keptSnapshots) {
            try Directories.removeEnvironment(entry.path)
        }
    }

    /// Deletes all, and what was left of one that was never finished.
    func removeAll() throws(StateError) {
        for entry in try entries() { try Directories.removeEnvironment(entry.path) }
        try Directories.removeEnvironment("\(path)/\(Self.newName)")
    }

    // MARK: Beginning from one

    /// Copies a snapshot to `directory`, where it is a state that can be opened.
    ///
    /// - Returns: why it cannot be trusted; nil where it was copied.
    func restore(_ entry: Entry, to directory: String, _ log: EventLog) throws -> String? {
        let source = "\(entry.path)/\(Self.dataName)"
        let described = "\(entry.path)/\(SnapshotManifest.fileName)"
        guard try Directories.isThere(described) else { return "it has no manifest" }
        let bytes = try FileCopy.contents(of: described, limit: Self.maximumManifestByteCount)
        guard let manifest = SnapshotManifest(bytes) else { return "its manifest cannot be read" }
        if let reason = try log.read({ try manifest.unfitness(for: $0) }) { return reason }
        guard try Directories.isThere(source) else { return "its data are missing" }
        try Directories.removeEnvironment(directory)
        try Directories.create(directory)
        let (byteCount, hash) = try FileCopy.copy(source, to: "\(directory)/\(Self.dataName)")
        if byteCount == manifest.byteCount, hash == manifest.contentHash { return nil }
        try Directories.removeEnvironment(directory)
        return "it is damaged: its bytes are not those that were written"
    }

    private static let maximumManifestByteCount = 1 << 16
}
