import FoundationEssentials
import SwiftProtobuf

/// Why a sync is wanted.
public enum SyncReason: UInt32, Sendable, CaseIterable {
    case command = 1
    /// Everything is to be read again, whatever is known.
    case forced = 2
    case schedule = 3
    case webhook = 4
    case retry = 5
    case repair = 6

    public var name: String { String(describing: self) }
}

/// Somebody wants a source brought up to date. The record's position is the job's id, and the story's correlation.
public struct SyncRequested: Sendable, Equatable {
    public var reason: SyncReason
    /// What a webhook announced: the full name of the ref, and its commit.
    public var ref: [UInt8]?
    public var commit: SHA1Hash?

    public init(reason: SyncReason, ref: [UInt8]? = nil, commit: SHA1Hash? = nil) {
        self.reason = reason
        self.ref = ref
        self.commit = commit
    }
}

/// An attempt at it begins.
public struct SyncStarted: Sendable, Equatable {
    /// 1 for the first.
    public var attempt: UInt32
    /// The commit of the last completed sync.
    public var fromCommit: SHA1Hash?

    public init(attempt: UInt32, fromCommit: SHA1Hash?) {
        self.attempt = attempt
        self.fromCommit = fromCommit
    }
}

/// A source is as the log says, up to here: what its items are is visible from this position on.
public struct SyncCompleted: Sendable, Equatable {
    public var ref: RefID
    /// The commit; for a source without commits the hash of its tree.
    public var commit: SHA1Hash
    public var tree: SHA1Hash
    /// Nothing had changed.
    public var upToDate: Bool
    /// Numbers of items: all that are visible now; and what this sync changed.
    public var files: UInt64
    public var upserted: UInt64
    public var removed: UInt64
    public var skipped: UInt64
    public var blobsStored: UInt64
    public var blobsReused: UInt64
    /// Bytes and HTTP requests that it took.
    public var bytesFetched: UInt64
    public var requests: UInt64
    public var durationMicroseconds: UInt64
    /// Sum of the sizes of the visible files.
    public var logicalBytes: UInt64
    /// The branch without `refs/heads/`; empty where the source has none.
    public var branch: [UInt8]
    /// As the commit has them; empty where it has none.
    public var author: [UInt8]
    public var committer: [UInt8]

    public init(
        ref: RefID = .watched, commit: SHA1Hash, tree: SHA1Hash, upToDate: Bool, files: UInt64 = 0,
        upserted: UInt64 = 0, removed: UInt64 = 0, skipped: UInt64 = 0, blobsStored: UInt64 = 0,
        blobsReused: UInt64 = 0, bytesFetched: UInt64 = 0, requests: UInt64 = 0, durationMicroseconds: UInt64 = 0,
        logicalBytes: UInt64 = 0, branch: [UInt8] = [], author: [UInt8] = [], committer: [UInt8] = []
    ) {
        self.ref = ref
        self.commit = commit
        self.tree = tree
        self.upToDate = upToDate
        self.files = files
        self.upserted = upserted
        self.removed = removed
        self.skipped = skipped
        self.blobsStored = blobsStored
        self.blobsReused = blobsReused
        self.bytesFetched = bytesFetched
        self.requests = requests
        self.durationMicroseconds = durationMicroseconds
        self.logicalBytes = logicalBytes
        self.branch = branch
        self.author = author
        self.committer = committer
    }
}

/// The attempt failed. What follows is a retry, or the dead letters.
public struct SyncFailed: Sendable, Equatable {
    public var attempt: UInt32
    public var failure: Failure

    public init(attempt: UInt32, failure: Failure) {
        self.attempt = attempt
        self.failure = failure
    }
}

extension SyncRequested: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireSyncRequested.self, clear)
        let ref = try Wire.decode(WireSyncRequestedSealed.self, sealed).ref
        self.init(
            reason: try Wire.known(open.reason, "reason for a sync"), ref: ref.isEmpty ? nil : ref.array,
            commit: try Wire.optionalSHA1(open.commit))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireSyncRequested.with {
            $0.reason = reason.rawValue
            $0.commit = Wire.data(commit)
        }
        return (Wire.encode(open), Wire.encode(WireSyncRequestedSealed.with { $0.ref = Data(ref ?? []) }))
    }

    var json: [(String, JSONValue)] {
        var fields: [(String, JSONValue)] = [("reason", .string(reason.name))]
        if let ref { fields += JSONValue.fields("ref", bytes: ref) }
        if let commit { fields.append(("commit", .hash(commit))) }
        return fields
    }
}

extension SyncStarted: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireSyncStarted.self, clear)
        attempt = open.attempt
        fromCommit = try Wire.optionalSHA1(open.fromCommit)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireSyncStarted.with {
            $0.attempt = attempt
            $0.fromCommit = Wire.data(fromCommit)
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] { [("attempt", .count(attempt)), ("fromCommit", .hash(fromCommit))] }
}

extension SyncCompleted: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireSyncCompleted.self, clear)
        let secret = try Wire.decode(WireSyncCompletedSealed.self, sealed)
        self.init(
            ref: RefID(rawValue: open.ref), commit: try Wire.sha1(open.commit), tree: try Wire.sha1(open.tree),
            upToDate: open.upToDate, files: open.files, upserted: open.upserted, removed: open.removed,
            skipped: open.skipped, blobsStored: open.blobsStored, blobsReused: open.blobsReused,
            bytesFetched: open.bytesFetched, requests: open.requests,
            durationMicroseconds: open.durationMicroseconds, logicalBytes: open.logicalBytes,
            branch: secret.branch.array, author: secret.author.array, committer: secret.committer.array)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireSyncCompleted.with {
            $0.ref = ref.rawValue
            $0.commit = Wire.data(commit)
            $0.tree = Wire.data(tree)
            $0.upToDate = upToDate
            $0.files = files
            $0.upserted = upserted
            $0.removed = removed
            $0.skipped = skipped
            $0.blobsStored = blobsStored
            $0.blobsReused = blobsReused
            $0.bytesFetched = bytesFetched
            $0.requests = requests
            $0.durationMicroseconds = durationMicroseconds
            $0.logicalBytes = logicalBytes
        }
        let secret = WireSyncCompletedSealed.with {
            $0.branch = Data(branch)
            $0.author = Data(author)
            $0.committer = Data(committer)
        }
        return (Wire.encode(open), Wire.encode(secret))
    }

    var json: [(String, JSONValue)] {
        [
            ("commit", .hash(commit)), ("tree", .hash(tree)), ("upToDate", .bool(upToDate)), ("files", .uint(files)),
            ("upserted", .uint(upserted)), ("removed", .uint(removed)), ("skipped", .uint(skipped)),
            ("blobsStored", .uint(blobsStored)), ("blobsReused", .uint(blobsReused)),
            ("bytesFetched", .uint(bytesFetched)), ("requests", .uint(requests)),
            ("logicalBytes", .uint(logicalBytes)), ("seconds", .double(Double(durationMicroseconds) / 1e6)),
            ("branch", .string(String(decoding: branch, as: UTF8.self))),
            ("author", .string(String(decoding: author, as: UTF8.self))),
            ("committer", .string(String(decoding: committer, as: UTF8.self))),
        ]
    }
}

extension SyncFailed: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireSyncFailed.self, clear)
        attempt = open.attempt
        failure = try Failure(open.failure, try Wire.decode(sealed))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireSyncFailed.with {
            $0.attempt = attempt
            $0.failure = failure.open
        }
        return (Wire.encode(open), failure.secret)
    }

    var json: [(String, JSONValue)] { [("attempt", .count(attempt))] + failure.json }
}
