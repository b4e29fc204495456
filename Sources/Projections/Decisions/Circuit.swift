public import Events

/// Keeps work away from a host that keeps failing: after some failures in a row nothing is sent to it for a while, then one
/// attempt, and everything again once one succeeds.
///
/// Pure: time and outcomes are told to it.
public struct Circuit: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        case closed
        /// Nothing goes to the host before that time.
        case open(until: Timestamp)
        /// One attempt is under way; the others wait for what becomes of it.
        case probing
    }

    /// Limits of a circuit.
    public struct Policy: Sendable {
        /// Failures in a row, each of another repository, that open it.
        public var failureCount = 5
        /// How long it stays open the first time, in seconds; twice as long each time the attempt after that fails.
        public var pauseSeconds: Double = 30
        /// And at most, in seconds.
        public var maximumPauseSeconds: Double = 900

        public init() {}
    }

    public private(set) var state = State.closed
    /// The repositories whose last attempts failed, in a row.
    private var failed: Set<RepositoryID> = []
    private var openings: UInt32 = 0

    public init() {}

    /// Whether an attempt may begin now; one that may is told of by ``record(_:at:isFailure:policy:)``.
    public mutating func admit(at now: Timestamp) -> Bool {
        switch state {
        case .closed: return true
        case .probing: return false
        case .open(let until):
            guard now >= until else { return false }
            state = .probing
            return true
        }
    }

    /// What became of an attempt. Neither counts where the host had no part in it: ``release()``.
    public mutating func record(_ repository: RepositoryID, at now: Timestamp, isFailure: Bool, policy: Policy) {
        guard isFailure else {
            self = Circuit()
            return
        }
        failed.insert(repository)
        switch state {
        case .probing: open(at: now, policy)
        case .closed where failed.count >= policy.failureCount: open(at: now, policy)
        // Attempts that had begun before it opened.
        case .closed, .open: break
        }
    }

    /// The attempt told nothing of the host: another one may probe.
    public mutating func release(at now: Timestamp) {
        if state == .probing { state = .open(until: now) }
    }

    private mutating func open(at now: Timestamp, _ policy: Policy) {
        let pause = min(policy.maximumPauseSeconds, policy.pauseSeconds * Double(1 << min(openings, 20)))
        openings += 1
        state = .open(until: now.adding(seconds: pause))
    }

    /// The name of what fails together: provider and host of a locator. Nil where nothing is shared.
    public static func host(of locator: Locator) -> String? {
        let source = String(decoding: locator.source, as: UTF8.self)
        if let scheme = source.firstRange(of: "://") {
            let authority = source[scheme.upperBound...].prefix { $0 != "/" }
            let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
            return "\(locator.provider):\(host)"
        }
        // A path is its own host.
        return source.hasPrefix("/") ? nil : locator.provider
    }
}

/// A host that nothing is sent to for now.
public struct OpenCircuit: Sendable, Equatable {
    /// As ``Circuit/host(of:)`` names it.
    public var host: String
    /// When it is tried again; nil while that is being done.
    public var until: Timestamp?

    public init(host: String, until: Timestamp?) {
        self.host = host
        self.until = until
    }
}
