import Events
import LMDB

/// Where the log ends, as far as appending is concerned. A value: a batch works on a copy, which replaces it once the batch is durable.
struct LogTail: Sendable {
    private(set) var end: LogPosition
    private(set) var lastTime: Timestamp
    private(set) var frontier: MerkleFrontier
    /// The last transaction that we know of. Another one means that somebody else writes.
    private var transaction: UInt64

    init(of snapshot: borrowing LogSnapshot, hasher: inout SHA256Hasher) throws {
        end = snapshot.end
        transaction = snapshot.transactionID
        frontier = try MerkleFrontier(count: snapshot.count, nodes: snapshot, hasher: &hasher)
        lastTime = Timestamp(microseconds: .min)
        if snapshot.count > 0 {
            let last = LogPosition(snapshot.count - 1)
            guard let header = try snapshot.header(at: last) else { throw LogError.damaged("it is missing", at: last) }
            lastTime = header.time
        }
    }

    /// Notes that `transaction` is ours, and that it follows the last one we know of.
    mutating func enter(_ transaction: UInt64) throws {
        guard transaction == self.transaction + 1 else {
            throw LogError(.storage, "another process has written to it; keep to one writer")
        }
        self.transaction = transaction
    }

    /// Puts events at the end, moving their times forward where they would go back.
    mutating func append(
        _ events: inout [EncodedEvent], to log: EventLog, in transaction: inout WriteTransaction,
        hasher: inout SHA256Hasher
    ) throws {
        for index in events.indices {
            if events[index].time < lastTime { events[index].move(to: lastTime, hasher: &hasher) }
            lastTime = events[index].time
            try transaction.append(log.events, end.rawValue, events[index].record)
            try frontier.push(events[index].leafHash, hasher: &hasher) { key, node in
                try transaction.put(log.tree, key.bytes, node.bytes)
            }
            end = end + 1
        }
    }
}
