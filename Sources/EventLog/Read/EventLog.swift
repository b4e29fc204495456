public import Events
import LMDB

/// The append-only log of events in one directory: what happened, in order, provably.
///
/// Readers are snapshots and never need the writer, in this process or another. There is one `EventLog` a directory in a
/// process; `EventLogWriter` appends to it.
public final class EventLog: Sendable {
    /// Whether events may be appended.
    public enum Mode: Sendable {
        case reader
        case writer
    }

    /// Where it is kept.
    public let directory: String
    public let mode: Mode
    /// Seal what is appended, and open what is read. Nil: nothing is sealed, and what is stays closed.
    public let keys: (any RecordKeys)?
    let environment: Environment
    let events: Database
    let tree: Database

    private init(
        directory: String, mode: Mode, keys: (any RecordKeys)?, environment: Environment, events: Database,
        tree: Database
    ) {
        self.directory = directory
        self.mode = mode
        self.keys = keys
        self.environment = environment
        self.events = events
        self.tree = tree
    }

    /// Opens the log in `directory`; a writer makes it where there is none.
    ///
    /// A second writer, in another process, has to be kept out by the caller.
    ///
    /// - Parameter keys: of the tenants; nil: nothing is sealed, and what is stays closed.
    /// - Throws: `LogError` with the code `notFound`, `unknownFormat`, `damaged` or `storage`.
    public static func open(
        directory: String, mode: Mode, options: EventLogOptions = .init(), keys: (any RecordKeys)? = nil
    ) throws -> EventLog {
        let log: EventLog
        do {
            let settings = EnvironmentOptions {
                $0.mapSizeBytes = options.mapSizeBytes
                $0.maximumMapSizeBytes = options.maximumMapSizeBytes
                $0.maximumDatabases = 2
                $0.maximumReaders = options.maximumReaders
                $0.isReadOnly = mode == .reader
            }
            let environment = try Environment(path: directory, options: settings)
            log = EventLog(
                directory: directory, mode: mode, keys: keys, environment: environment,
                events: try environment.database("events"), tree: try environment.database("tree"))
        } catch {
            guard error.code == .noSuchFile || error.code == .notFound else {
                throw LogError(.storage, "it cannot be opened", cause: error)
            }
            throw LogError(
                .notFound, "there is none in \(directory); initialise the data directory first", cause: error)
        }
        // What readers held that died since would keep the file from ever using pages again.
        if mode == .writer { try log.clearStaleReaders() }
        try log.checkFormat()
        return log
    }

    private func checkFormat() throws {
        try read { snapshot in
            guard let first = try snapshot.record(at: LogPosition(0)) else { return }
            do {
                _ = try RecordHeader(record: first, at: LogPosition(0))
            } catch {
                let message = "its first record cannot be read by this version; use the version that wrote it"
                throw LogError(.unknownFormat, message, at: LogPosition(0), cause: error)
            }
        }
    }

    /// How many events it has.
    public var count: UInt64 {
        get throws { try read { $0.count } }
    }

    /// Runs `body` over the log as it is now.
    public func read<R>(_ body: (borrowing LogSnapshot) throws -> R) throws -> R {
        let snapshot = try snapshot()
        return try body(snapshot)
    }

    /// The log as it is now, for as long as the caller holds on to it. While it is held the storage keeps old pages.
    public func snapshot() throws -> LogSnapshot {
        try LogSnapshot(environment.beginRead(), events: events, tree: tree, keys: keys)
    }

    /// Moves with each commit of any process. Cheap, for polling.
    public var lastTransaction: UInt64 { environment.info.lastTransaction }

    /// Frees what snapshots of dead processes hold; returns how many there were.
    @discardableResult
    public func clearStaleReaders() throws -> Int { try environment.clearStaleReaders() }

    /// Copies the log as it is now, also while it is written, into the empty directory `destination`.
    public func copy(to destination: String) throws { try environment.copy(to: destination) }

    /// Length of the used part of the log's file in bytes.
    public var usedBytes: Int { environment.info.usedBytes }
}

/// Limits of the storage under a log.
public struct EventLogOptions: Sendable {
    /// Address space reserved for the file in bytes: 1 TiB. Where that is refused less is, and it grows as it is needed.
    public var mapSizeBytes: Int = 1 << 40
    /// Up to so many bytes it grows.
    public var maximumMapSizeBytes: Int = .max
    /// Snapshots open at a time, over all processes.
    public var maximumReaders: Int = 1024

    public init() {}

    /// The limits, changed by `change`.
    public init(_ change: (inout EventLogOptions) -> Void) { change(&self) }
}
