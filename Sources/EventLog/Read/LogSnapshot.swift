public import Events
import LMDB

/// The log at one moment. Records are bytes in the mapped file: valid while the snapshot is.
public struct LogSnapshot: ~Copyable, Sendable {
    private let transaction: ReadTransaction
    private let events: Database
    private let tree: Database
    private let keys: (any RecordKeys)?

    /// How many events there are.
    public let count: UInt64

    init(
        _ transaction: consuming ReadTransaction, events: Database, tree: Database, keys: (any RecordKeys)?
    ) throws {
        count = try Self.count(transaction, events)
        self.transaction = transaction
        self.events = events
        self.tree = tree
        self.keys = keys
    }

    private static func count(_ transaction: borrowing ReadTransaction, _ events: Database) throws -> UInt64 {
        var cursor = try transaction.cursor(events)
        guard let last = try cursor.last() else { return 0 }
        guard let position = LogPosition(key: last.key) else {
            throw LogError(.damaged, "its last key is no position; verify the log and restore it from a backup")
        }
        return position.rawValue + 1
    }

    /// The position after the last event.
    public var end: LogPosition { LogPosition(count) }

    /// The transaction that it sees the log after.
    var transactionID: UInt64 { transaction.id }

    /// The record at `position`: header and payloads. Nil where there is none.
    @_lifetime(borrow self)
    public func record(at position: LogPosition) throws -> RawSpan? {
        try transaction.get(events, position.rawValue)
    }

    /// The header of the record at `position`. Nil where there is none.
    public func header(at position: LogPosition) throws -> RecordHeader? {
        guard let record = try record(at: position) else { return nil }
        do {
            return try RecordHeader(record: record, at: position)
        } catch {
            throw LogError.damaged("its header cannot be read", at: position, cause: error)
        }
    }

    /// The event at `position`, opened where the log has its key. Nil where there is none.
    public func envelope(at position: LogPosition) throws -> Envelope? {
        guard let record = try record(at: position) else { return nil }
        do {
            return try Envelope(record: record, at: position, keys: keys)
        } catch {
            throw LogError.damaged("it cannot be decoded", at: position, cause: error)
        }
    }

    /// Calls `body` for each record of `range`, or of the whole log, in order.
    ///
    /// - Throws: `LogError` with the code `damaged` where a position is missing, and what `body` throws.
    public func forEach(
        in range: Range<LogPosition>? = nil, _ body: (LogPosition, RawSpan) throws -> Void
    ) throws {
        let range = (range ?? LogPosition(0)..<end).clamped(to: LogPosition(0)..<end)
        guard !range.isEmpty else { return }
        var cursor = try transaction.cursor(events)
        var expected = range.lowerBound
        while expected < range.upperBound {
            let entry = expected == range.lowerBound ? try cursor.seek(expected.rawValue) : try cursor.next()
            guard let entry, let position = LogPosition(key: entry.key), position == expected else {
                throw LogError.damaged("it is missing", at: expected)
            }
            try body(position, entry.value)
            expected = expected + 1
        }
    }

    /// The first position whose event is not before `time`; the end where there is none. By binary search.
    public func position(atOrAfter time: Timestamp) throws -> LogPosition {
        var low: UInt64 = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            let position = LogPosition(middle)
            guard let header = try header(at: position) else { throw LogError.damaged("it is missing", at: position) }
            if header.time < time { low = middle + 1 } else { high = middle }
        }
        return LogPosition(low)
    }

    /// A cursor over the raw entries, for verification.
    @_lifetime(borrow self)
    func entries() throws -> Cursor { try transaction.cursor(events) }

    /// The first position from `start` on at which there is a record. Where the pages there cannot be read: `start`.
    func firstPosition(from start: LogPosition) throws -> LogPosition? {
        do {
            var cursor = try transaction.cursor(events)
            guard var entry = try cursor.seek(start.rawValue) else { return nil }
            while true {
                if let position = LogPosition(key: entry.key) { return position }
                guard let next = try cursor.next() else { return nil }
                entry = next
            }
        } catch {
            // Whoever reads the records there meets the same, and says so.
            return start
        }
    }

    /// A cursor over the stored nodes, for verification.
    @_lifetime(borrow self)
    func nodes() throws -> Cursor { try transaction.cursor(tree) }

    /// The stored node, or nil.
    func node(_ key: TreeNodeKey) throws -> SHA256Hash? {
        guard let value = try transaction.get(tree, key.bytes) else { return nil }
        guard value.byteCount == SHA256Hash.byteCount else {
            throw LogError.damaged(
                "the tree node of level \(key.level) over it is cut", at: LogPosition(key.leaves.lowerBound))
        }
        return value.withUnsafeBytes { SHA256Hash($0) }
    }
}

extension LogPosition {
    /// The position that a key of the database `events` is; nil unless it has eight bytes.
    init?(key: RawSpan) {
        guard key.byteCount == 8 else { return nil }
        self.init(UInt64(bigEndian: key.unsafeLoadUnaligned(as: UInt64.self)))
    }
}
