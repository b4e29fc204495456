import Events
import LMDB

/// Makes a log from records that another one had, byte for byte. Nothing of it counts before ``finish()``.
public struct LogBuilder: ~Copyable {
    private let environment: Environment
    private let events: Database
    private let tree: Database
    private var frontier = MerkleFrontier()
    private var hasher = SHA256Hasher()
    private var lastTime: Timestamp?
    private var waiting: [[UInt8]] = []
    private var waitingByteCount = 0
    private var nodes: [(TreeNodeKey, SHA256Hash)] = []
    private var written: UInt64 = 0

    /// Records, and their bytes, of one transaction.
    private static let batchEvents = 4096
    private static let batchBytes = 8 << 20

    /// - Parameter directory: new or empty.
    /// - Throws: `LogError` where it cannot be written.
    public init(directory: String, options: EventLogOptions = .init()) throws {
        do {
            environment = try Environment(
                path: directory,
                options: EnvironmentOptions {
                    $0.mapSizeBytes = options.mapSizeBytes
                    $0.maximumDatabases = 2
                    // One sync at the end: before that nobody relies on it.
                    $0.isSynchronous = false
                })
            events = try environment.database("events")
            tree = try environment.database("tree")
        } catch {
            throw LogError(.storage, "it cannot be made in \(directory)", cause: error)
        }
    }

    /// How many records there are.
    public var count: UInt64 { frontier.count }

    /// The number of records and the root over them.
    public mutating func head() -> TreeHead { TreeHead(size: count, root: frontier.root(hasher: &hasher)) }

    /// Adds the next record.
    ///
    /// - Throws: `LogError` (damaged) where it is no record, not as it was hashed, or earlier than the one before it.
    public mutating func append(_ record: [UInt8]) throws {
        let position = LogPosition(count)
        let header: RecordHeader
        do {
            header = try RecordHeader(record: record.span.bytes, at: position)
        } catch {
            throw LogError(.damaged, "this is no record", at: position, cause: error)
        }
        guard record.withUnsafeBytes({ hasher.leaf($0) }) == header.leafHash else {
            throw LogError(.damaged, "the record's bytes do not give its hash: it was altered", at: position)
        }
        if let lastTime, header.time < lastTime {
            throw LogError(.damaged, "its time lies before that of the event before it", at: position)
        }
        lastTime = header.time
        var completed: [(TreeNodeKey, SHA256Hash)] = []
        frontier.push(header.leafHash, hasher: &hasher) { completed.append(($0, $1)) }
        nodes += completed
        waiting.append(record)
        waitingByteCount += record.count
        if waiting.count >= Self.batchEvents || waitingByteCount >= Self.batchBytes { try write() }
    }

    private mutating func write() throws {
        let (records, nodes, start) = (waiting, nodes, written)
        let (events, tree) = (events, tree)
        do {
            try environment.write { transaction in
                for (offset, record) in records.enumerated() {
                    try transaction.append(events, start + UInt64(offset), record)
                }
                for (key, node) in nodes { try transaction.put(tree, key.bytes, node.bytes) }
            }
        } catch {
            throw LogError(.storage, "it cannot be written", cause: error)
        }
        written += UInt64(records.count)
        waiting = []
        waitingByteCount = 0
        self.nodes = []
    }

    /// Writes what is left, and makes all of it durable.
    public consuming func finish() throws -> TreeHead {
        try write()
        do {
            try environment.sync()
        } catch {
            throw LogError(.storage, "it cannot be made durable", cause: error)
        }
        return head()
    }
}
