public import Events
public import Projections

/// How the scheduler works. Every limit has a name.
public struct SchedulerOptions: Sendable {
    /// Syncs under way at once; nil: as many as the engine's.
    public var concurrency: Int?
    /// At the beginning; ``Scheduler/poll(_:)`` changes it.
    public var polls = PollPolicy()
    public var circuits = Circuit.Policy()
    /// A repository is synced at once when a webhook comes, but not more often than this many times in
    /// `burstWindowSeconds`: further reports wait for one sync together.
    public var burstCount = 2
    public var burstWindowSeconds: Double = 10
    /// Seconds between two audits of what a provider delivered.
    public var auditIntervalSeconds: Double = 900
    /// A delivery younger than this many seconds may be under way still.
    public var auditGraceSeconds: Double = 120
    /// Deliveries that one audit asks for again.
    public var auditLimit = 100
    /// Repositories that somebody has added are found after this many seconds at most.
    public var rescanSeconds: Double = 60
    /// Jobs of one tenant that are looked at together.
    public var jobsPerTenant = 256
    /// One start in so many goes to what is least urgent, so that nothing waits for ever.
    public var patience: UInt64 = 4
    /// Told when an audit fails that went well before, and when it goes well again (nil): meanwhile polls alone find what
    /// was lost.
    public var auditChanged: @Sendable (_ provider: String, _ failure: String?) -> Void = { _, _ in }
    /// Returns when that moment has come, or throws when its task is cancelled.
    public var sleep: @Sendable (_ until: Timestamp) async throws -> Void

    /// - Parameter sleep: belongs to the engine's clock.
    public init(sleep: @escaping @Sendable (_ until: Timestamp) async throws -> Void) { self.sleep = sleep }
}

/// What the scheduler is doing.
public struct SchedulerStatus: Sendable, Equatable {
    /// Being synced, in the order of their ids.
    public var running: [RepositoryID] = []
    /// Due, and waiting for others to end.
    public var waiting = 0
    /// Hosts that nothing is sent to for now.
    public var circuits: [OpenCircuit] = []
    /// Limits that hold work back; it waits without being started.
    public var pauses: [LimitPause] = []
    /// When there will be something to do next, as far as that is known.
    public var nextAt: Timestamp?
    /// Why the last audit of deliveries failed, by provider; those that went well are left out.
    public var auditFailures: [String: String] = [:]

    public init() {}
}
