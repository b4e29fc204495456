import EventLog
import Events
import Glibc
import Projections
import Silo
import State

/// Brings a backup up to date with a data directory, beside whoever writes it.
///
/// Order matters. Contents are copied before the number of events is chosen, and what came meanwhile after it: so all that these events
/// speak of is there, though shards are being written, compacted and deleted. What the former backup has and is the same is kept. The
/// manifest is replaced last; whatever happens before that, the former backup is as it was.
struct BackupRun {
    let context: Context
    let store: ReadStore
    let directory: String
    /// Takes the keys along. A backup that has them gets them anyway: to leave them out in silence could lose the only copy.
    let withKeys: Bool
    /// Copies are read again before the manifest counts them.
    let verifies: Bool

    private var former: BackupManifest?
    /// By where they belong.
    private var files: [String: BackupManifest.Entry] = [:]
    /// What the log says of sealed shards.
    private var recorded: [ShardID: SHA256Hash] = [:]
    private var fresh: [BackupManifest.Entry] = []
    private(set) var copiedBytes: UInt64 = 0

    /// Marks a directory as one of backups; locked while one is being made.
    static let marker = "ingestor-backup"
    /// Shards may vanish while they are copied, since others took their place: then all is looked at anew, so often.
    private static let maximumAttempts = 100
    private static let keyFolders = ["keys", "keys/credentials", "keys/tenants"]
    private static let keyPauseMicroseconds: UInt32 = 20_000

    init(context: Context, store: ReadStore, directory: String, withKeys: Bool, verifies: Bool) {
        self.context = context
        self.store = store
        self.directory = directory
        self.withKeys = withKeys
        self.verifies = verifies
    }

    mutating func run() throws -> BackupManifest {
        let lock = try prepare()
        try readRecorded()
        try copyShards()
        let (events, digest) = try store.state.read { view in (try view.count, try view.stateDigest()) }
        try readRecorded()
        try copyShards()
        let root = try store.log.read { try $0.root(size: events) }
        var manifest = BackupManifest(events: events, root: root, digest: digest, at: Context.now())
        manifest.segments = try segments(upTo: events)
        manifest.hasKeys = withKeys || former?.hasKeys == true
        if manifest.hasKeys { try copyKeys() }
        manifest.files = files.values.sorted { $0.target < $1.target }
        if verifies { try verify() }
        try FileSystem.writeDurably(manifest.bytes, to: "\(directory)/\(BackupManifest.name)")
        try removeWhatIsNotNamed(in: manifest)
        context.output.clearProgress()
        withExtendedLifetime(lock) {}
        return manifest
    }

    /// Makes the directory, or finds the former backup in it.
    private mutating func prepare() throws -> BackupLock {
        if try FileSystem.kind(directory) != .missing {
            let names = try FileSystem.names(in: directory).map { String(decoding: $0, as: UTF8.self) }
            guard names.isEmpty || names.contains(Self.marker) else {
                throw CommandError("\(directory) is not empty and holds no backup: choose another directory")
            }
        }
        for name in ["", "/silo", "/log", "/keys"] { try FileSystem.makeDirectory(directory + name) }
        let lock = try BackupLock("\(directory)/\(Self.marker)")
        let path = "\(directory)/\(BackupManifest.name)"
        guard try FileSystem.kind(path) == .file else { return lock }
        let manifest = try BackupManifest(parsing: FileSystem.read(path, limit: 1 << 30), of: path)
        let count = try store.log.count
        let isSame =
            try manifest.events <= count && store.log.read { try $0.root(size: manifest.events) } == manifest.root
        guard isSame else {
            throw CommandError(
                "the backup in \(directory) is of another log, or the log was wound back: choose another directory",
                status: .damage)
        }
        former = manifest
        return lock
    }

    private mutating func readRecorded() throws {
        recorded = try store.state.read { view in
            Dictionary(try view.shards().map { ($0.id, $0.contentHash) }, uniquingKeysWith: { $1 })
        }
    }

    // MARK: Contents

    /// Copies all shards that are there now and were not copied yet.
    private mutating func copyShards() throws {
        for _ in 0..<Self.maximumAttempts {
            do {
                for name in try FileSystem.names(in: context.data.silo).map({ String(decoding: $0, as: UTF8.self) }) {
                    try Task.checkCancellation()
                    if name.hasSuffix(".shard") { try copySealed(name) }
                    if name.hasSuffix(".open") { try copyOpen(name) }
                }
                return
            } catch let error as SystemError where error.code == ENOENT {
                // It was sealed, or compacted into others, and has another name now.
                continue
            }
        }
        throw CommandError("the shards changed faster than they could be copied: run the command again")
    }

    private mutating func copySealed(_ name: String) throws {
        let target = "silo/\(name)"
        if files[target] != nil { return }
        // What was copied while it was open is part of it.
        files["silo/\(name.dropLast(".shard".count)).open"] = nil
        if let known = former?.files.first(where: { $0.target == target }), try isThere(known) {
            files[target] = known
            return
        }
        let id = UInt64(name.dropLast(".shard".count), radix: 16).map { ShardID(rawValue: $0) }
        try add(target, as: target, expecting: id.flatMap { recorded[$0] })
    }

    private mutating func copyOpen(_ name: String) throws {
        let source = "\(context.data.silo)/\(name)"
        let (byteCount, hash) = try HashedCopy.hash(source)
        let entry = BackupManifest.Entry(
            name: "silo/\(name)-\(hash.hex.prefix(16))", target: "silo/\(name)", byteCount: byteCount, sha256: hash)
        if try isThere(entry) {
            files[entry.target] = entry
            return
        }
        // It may have grown since: the copy is named by what it holds, once that is known.
        let temporary = "silo/\(name)-unnamed"
        let copied = try HashedCopy.copy(source, to: "\(directory)/\(temporary)")
        let named = BackupManifest.Entry(
            name: "silo/\(name)-\(copied.sha256.hex.prefix(16))", target: entry.target, byteCount: copied.byteCount,
            sha256: copied.sha256)
        try FileSystem.renameDurably("\(directory)/\(temporary)", to: "\(directory)/\(named.name)")
        files[named.target] = named
        fresh.append(named)
        copiedBytes += named.byteCount
    }

    private mutating func add(_ source: String, as name: String, expecting hash: SHA256Hash? = nil) throws {
        context.output.progress("copying \(name), \(Units.bytes(copiedBytes)) so far")
        let copied = try HashedCopy.copy("\(context.data.path)/\(source)", to: "\(directory)/\(name)")
        guard hash == nil || hash == copied.sha256 else {
            throw CommandError(
                "\(source) is not what was recorded when it was sealed: run `ingestor verify --repair`. The former backup is as it was",
                status: .damage)
        }
        let entry = BackupManifest.Entry(name: name, target: source, byteCount: copied.byteCount, sha256: copied.sha256)
        files[source] = entry
        fresh.append(entry)
        copiedBytes += copied.byteCount
    }

    private func isThere(_ entry: BackupManifest.Entry) throws -> Bool {
        var status = stat()
        return lstat("\(directory)/\(entry.name)", &status) == 0 && UInt64(status.st_size) == entry.byteCount
    }

    /// The keys as they were at one moment: where the master key is replaced, one file after the other is sealed anew, and half of
    /// them would be of no use.
    private mutating func copyKeys() throws {
        for folder in Self.keyFolders { try FileSystem.makeDirectory("\(directory)/\(folder)") }
        for _ in 0..<Self.maximumAttempts {
            do {
                let present = try keyFiles()
                // Keys are replaced under their names, so each copy has a name of its own.
                for (path, hash) in present.sorted(by: { $0.key < $1.key }) {
                    try add(path, as: "\(path)-\(hash.hex.prefix(16))")
                }
                if try keyFiles() == present { return }
            } catch let error as SystemError where error.code == ENOENT {
                // It has another name now.
            }
            files = files.filter { !$0.key.hasPrefix("keys/") }
            fresh.removeAll { $0.target.hasPrefix("keys/") }
            try Task.checkCancellation()
            usleep(Self.keyPauseMicroseconds)
        }
        throw CommandError("the keys changed faster than they could be copied: run the command again")
    }

    /// What each file of the keys hashes to. Those that are being written are left out, but for a new master key, which others are
    /// sealed with already.
    private func keyFiles() throws -> [String: SHA256Hash] {
        var hashes: [String: SHA256Hash] = [:]
        for folder in Self.keyFolders where try FileSystem.kind("\(context.data.path)/\(folder)") == .directory {
            for name in try FileSystem.names(in: "\(context.data.path)/\(folder)") {
                let path = "\(folder)/\(String(decoding: name, as: UTF8.self))"
                let source = "\(context.data.path)/\(path)"
                guard try FileSystem.kind(source) == .file,
                    !path.hasSuffix(".new") || source == context.data.newMasterKey
                else { continue }
                hashes[path] = try HashedCopy.hash(source).sha256
            }
        }
        return hashes
    }

    // MARK: Log

    /// What the former backup has of the log, and the rest as one more file.
    private mutating func segments(upTo end: UInt64) throws -> [BackupManifest.Segment] {
        var segments = former?.segments ?? []
        for segment in segments where try !isThere(segment.file) {
            throw CommandError(
                "\(directory)/\(segment.file.name) is missing or cut: make a new backup in another directory",
                status: .damage)
        }
        let start = segments.last?.to ?? 0
        guard start < end else { return segments }
        let name = "log/\(start)-\(end).log"
        let writer = try HashedWriter("\(directory)/\(name)")
        _ = try LogSegments.export(
            store.log, from: start, to: end, .protobuf, readable: { _, _ in [] },
            progress: {
                try Task.checkCancellation()
                context.output.progress($0, of: end, "log")
            }, write: { try writer.write($0) })
        let byteCount = writer.byteCount
        let hash = try writer.finish()
        let entry = BackupManifest.Entry(name: name, target: name, byteCount: byteCount, sha256: hash)
        fresh.append(entry)
        copiedBytes += byteCount
        segments.append(.init(from: start, to: end, file: entry))
        return segments
    }

    // MARK: End

    private func verify() throws {
        for entry in fresh {
            context.output.progress("verifying \(entry.name)")
            let (byteCount, hash) = try HashedCopy.hash("\(directory)/\(entry.name)")
            guard byteCount == entry.byteCount, hash == entry.sha256 else {
                throw CommandError("\(directory)/\(entry.name) does not read as it was written: check that disk")
            }
        }
    }

    private func removeWhatIsNotNamed(in manifest: BackupManifest) throws {
        let named = Set(manifest.entries.map(\.name))
        for folder in ["silo", "log"] + Self.keyFolders {
            guard try FileSystem.kind("\(directory)/\(folder)") == .directory else { continue }
            for name in try FileSystem.names(in: "\(directory)/\(folder)").map({ String(decoding: $0, as: UTF8.self) })
            {
                let path = "\(folder)/\(name)"
                guard !named.contains(path), try FileSystem.kind("\(directory)/\(path)") == .file else { continue }
                try FileSystem.removeTree("\(directory)/\(path)")
            }
        }
    }
}

/// Keeps two backups from being made in one directory at a time.
///
/// `@unchecked Sendable`: the descriptor never changes and is closed once, by `deinit`.
final class BackupLock: @unchecked Sendable {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = try FileDescriptor.check("open", path) {
            open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw CommandError("another process is making a backup there: wait until it has ended")
        }
    }

    deinit { close(descriptor) }
}
