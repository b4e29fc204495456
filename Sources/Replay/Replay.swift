public import EventLog
public import Events
public import State

/// Builds the state from the log alone and says whether it is the one that was kept. Reaches no network: nothing it may import
/// could.
public enum Replay {
    /// Builds the state of the first `count` events, or of all, into `directory`, which must not hold one.
    ///
    /// Digests that were recorded in the log are checked on the way.
    ///
    /// - Parameter now: the clock that measures how long it takes.
    /// - Throws: `StateError`, `LogError`, `LMDBError`.
    public static func rebuild(
        log: EventLog, upTo count: UInt64? = nil, into directory: String, options: StateOptions = .init(),
        now: () -> Timestamp, progress: @escaping @Sendable (StateProgress) -> Void = { _ in }
    ) throws -> ReplayReport {
        let start = now()
        let end = min(try log.count, count ?? .max)
        let logged = try loggedDigests(in: log, upTo: end)
        let build = try StateBuilder.build(
            log: log, upTo: end, digestsAt: logged.map(\.digest.count), into: directory, options: options,
            progress: progress)
        let microseconds = now().microseconds - start.microseconds
        return ReplayReport(
            events: build.events, items: build.items, seconds: Double(microseconds) / 1e6, digests: build.digests,
            checks: zip(logged, build.digestsBefore).map { check($0, $1) })
    }

    /// Compares what was rebuilt with a state that was kept, which must have folded as many events.
    public static func compare(_ report: ReplayReport, with view: borrowing StateView) throws -> ReplayDifference {
        let count = try view.count
        guard count == report.events else {
            return ReplayDifference(liveEvents: count, liveDigest: try view.stateDigest(), differing: nil)
        }
        let live = try view.digests()
        return ReplayDifference(
            liveEvents: count, liveDigest: live.stateDigest, differing: report.digests.differences(from: live))
    }
}

/// What came out of a replay.
public struct ReplayReport: Sendable {
    public let events: UInt64
    /// Events, and items and blobs in them.
    public let items: UInt64
    public let seconds: Double
    /// By projection and tenant.
    public let digests: [DigestEntry]
    /// How it compares with what was recorded in the log, in the order of the counts.
    public let checks: [DigestCheck]

    /// The first recorded digest that is not what the events before it come to.
    public var firstDifference: DigestCheck? { checks.first { !$0.differing.isEmpty } }

    /// Up to so many events what was recorded is what the replay comes to: those of the last digest before the first that is not.
    public var agreedCount: UInt64 { checks.prefix { $0.differing.isEmpty }.last?.count ?? 0 }

    public var stateDigest: SHA256Hash { digests.stateDigest }
    public var itemsPerSecond: Double { seconds > 0 ? Double(items) / seconds : 0 }
}

/// In what a rebuilt state and one that was kept differ.
public struct ReplayDifference: Sendable, Equatable {
    /// How many events the kept state has folded.
    public let liveEvents: UInt64
    public let liveDigest: SHA256Hash
    /// The projections whose rows differ; nil where the two are of different numbers of events and cannot be compared.
    public let differing: [DigestPart]?

    public var isEqual: Bool { differing?.isEmpty ?? false }
}
