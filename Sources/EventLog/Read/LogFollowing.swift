public import Events

/// Some consecutive records, copied out of the log.
public struct RecordBatch: Sendable {
    public let range: Range<LogPosition>
    public let records: [[UInt8]]
    let keys: (any RecordKeys)?

    /// The events, opened where the log has their keys.
    ///
    /// - Throws: `DecodingFailure` for what this version cannot decode.
    public func envelopes() throws -> [Envelope] {
        var position = range.lowerBound
        return try records.map { record in
            defer { position = position + 1 }
            return try Envelope(record: record.span.bytes, at: position, keys: keys)
        }
    }
}

/// The log from a position on, and then what any process appends to it, for as long as the caller iterates.
public struct LogFollowing: AsyncSequence, Sendable {
    public typealias Element = RecordBatch
    public typealias Failure = any Error

    /// Records in one batch.
    public static let maximumBatchEvents = 1024
    /// Bytes in one batch, unless its only record is larger: 4 MiB.
    public static let maximumBatchBytes = 4 << 20

    let log: EventLog
    let start: LogPosition
    let interval: Duration
    let clock: any Clock<Duration>

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(following: self, position: start) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let following: LogFollowing
        var position: LogPosition
        /// The commit after which there was nothing more.
        var exhaustedAt: UInt64?

        /// The next records, as soon as there are any. Throws `CancellationError` when its task is cancelled.
        public mutating func next() async throws -> RecordBatch? {
            while true {
                try Task.checkCancellation()
                // Asked before reading, so that a commit between the two is seen the next time.
                let transaction = following.log.lastTransaction
                if transaction != exhaustedAt {
                    if let batch = try following.log.batch(from: position) {
                        position = batch.range.upperBound
                        return batch
                    }
                    exhaustedAt = transaction
                }
                try await following.clock.sleep(for: following.interval)
            }
        }
    }
}

extension EventLog {
    /// Follows the log from `position`, asking every `interval` of `clock` whether any process has appended.
    public func follow(
        from position: LogPosition, every interval: Duration, clock: any Clock<Duration>
    ) -> LogFollowing {
        LogFollowing(log: self, start: position, interval: interval, clock: clock)
    }

    /// The records from `position` on, up to the limits of a batch; nil where there are none.
    public func batch(from position: LogPosition) throws -> RecordBatch? {
        try read { snapshot in
            guard position < snapshot.end else { return nil }
            let limit = min(snapshot.end, position + LogFollowing.maximumBatchEvents)
            var records: [[UInt8]] = []
            var byteCount = 0
            var next = position
            while next < limit, byteCount < LogFollowing.maximumBatchBytes {
                guard let record = try snapshot.record(at: next) else {
                    throw LogError.damaged("it is missing", at: next)
                }
                records.append(record.withUnsafeBytes { Array($0) })
                byteCount += record.byteCount
                next = next + 1
            }
            return RecordBatch(range: position..<next, records: records, keys: keys)
        }
    }
}
