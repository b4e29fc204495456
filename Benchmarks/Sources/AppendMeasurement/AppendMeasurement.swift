import EventLog
import Events
import LMDBYardstick

/// Durable appending through the event log beside a plain C loop over LMDB that writes records of the same size, in turns.
///
/// Payloads are ready-made; headers, hashes, times, the Merkle tree, the queue and the state's turn are part of what is measured.
public final class AppendMeasurement: @unchecked Sendable {
    // Sendable: the yardstick is used by one turn at a time, and turns are not taken at the same time.
    private let writer: EventLogWriter
    private let yardstick: OpaquePointer
    private let template: [UInt8]
    private let events: Int
    private let clock = ContinuousClock()

    /// - Parameters:
    ///   - logDirectory: of the log, on the device that is measured.
    ///   - yardstickDirectory: an existing directory on the same device.
    ///   - events: in one transaction, of the yardstick and of the log.
    ///   - payloadByteCount: bytes of each event's payload.
    public init(
        logDirectory: String, yardstickDirectory: String, events: Int, payloadByteCount: Int = 256
    ) throws {
        self.events = events
        let log = try EventLog.open(directory: logDirectory, mode: .writer)
        // Group commit would put several callers' events into one transaction, which the yardstick does not.
        writer = try EventLogWriter(
            log: log, follower: Unfolded(), executor: ThreadExecutor(), limits: .init { $0.batchEvents = events })
        var status: Int32 = 0
        guard let opened = yardstick_open(yardstickDirectory, &status) else {
            throw LogError(.storage, "the yardstick cannot be opened: LMDB status \(status)")
        }
        yardstick = opened
        template = Self.record(payloadByteCount: payloadByteCount)
    }

    deinit { yardstick_close(yardstick) }

    /// What a turn of each took.
    public struct Turn: Sendable {
        public let log: Duration
        public let yardstick: Duration

        /// The log's rate as a part of the yardstick's.
        public var ratio: Double { yardstick / log }
    }

    /// Lets each append `batches` transactions.
    ///
    /// - Parameters:
    ///   - callers: of the log at a time: with two, one hashes while the other's events are being written.
    ///   - areReadyMade: records are hashed before the clock starts, as the yardstick's are made before.
    public func turn(batches: Int, callers: Int = 1, areReadyMade: Bool = false) async throws -> Turn {
        let prepared = areReadyMade ? try (0..<batches).map { _ in try makeBatch() } : []
        let yardstickStart = clock.now
        for _ in 0..<batches {
            let status = template.withUnsafeBytes {
                yardstick_append(yardstick, $0.baseAddress, $0.count, UInt64(events))
            }
            guard status == 0 else { throw LogError(.storage, "the yardstick failed: LMDB status \(status)") }
        }
        let logStart = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                let mine = Array(stride(from: caller, to: batches, by: callers))
                group.addTask {
                    for index in mine {
                        let batch = areReadyMade ? prepared[index] : try self.makeBatch()
                        _ = try await self.writer.append(AppendRequest(batch))
                    }
                }
            }
            try await group.waitForAll()
        }
        return Turn(log: clock.now - logStart, yardstick: logStart - yardstickStart)
    }

    /// The records of one transaction, with their leaf hashes.
    private func makeBatch() throws -> [EncodedEvent] {
        var hasher = SHA256Hasher()
        var encoded: [EncodedEvent] = []
        encoded.reserveCapacity(events)
        for _ in 0..<events { encoded.append(try EncodedEvent(record: template, hasher: &hasher)) }
        return encoded
    }

    /// A record that only its size matters of. Its leaf hash is left out: the log fills it in.
    private static func record(payloadByteCount: Int) -> [UInt8] {
        let draft = EventDraft(
            .repositoryRemoved(RepositoryRemoved(locator: Locator(provider: "bench", source: []))), tenant: .none)
        var header = Array(draft.encode(at: Timestamp(microseconds: 0)).prefix(RecordHeader.byteCount))
        // The two lengths, bytes 32–39.
        header.replaceSubrange(32..<40, with: [UInt8](repeating: 0, count: 8))
        withUnsafeBytes(of: UInt32(payloadByteCount).bigEndian) { header.replaceSubrange(32..<36, with: $0) }
        return header + [UInt8](repeating: 0x61, count: payloadByteCount)
    }
}

/// No state: only the log is measured.
private struct Unfolded: LogFollower {
    func fold(_ batch: CommittedBatch) {}
    func lastPosition(of repository: RepositoryID) -> LogPosition? { nil }
    func holder(of claim: Claim) -> LogPosition? { nil }
}
