public import Events
public import Projections
import State

/// What a source said of the limits of one credential.
public struct QuotaStatus: Sendable, Equatable {
    public var quota: String
    public var limit: RateLimit?
    /// Work was told to wait until then; nil where it was not, or the source has answered since. It may be past.
    public var retryAt: Timestamp?
    /// When it said so.
    public var at: Timestamp
}

/// How complete one ref of a source is.
public struct RefStatus: Sendable, Equatable {
    /// The full name; empty where the source has none, or none is known yet.
    public var ref: [UInt8]
    /// Complete up to this commit, as of this time; nil: nothing is.
    public var commit: SHA1Hash?
    public var completeAsOf: Timestamp?
    /// What webhooks announced last, and when.
    public var announced: SHA1Hash?
    public var announcedAt: Timestamp?
    public var gaps: [Gap]
}

/// A job that waits, with when it may go on and why not before.
public struct WaitingJob: Sendable, Equatable {
    public enum Cause: Sendable, Equatable {
        /// It goes on as soon as somebody takes it.
        case due
        /// An attempt is under way, or was when the process was lost.
        case running
        /// An attempt failed.
        case retry(Failure)
        /// The source, or the credential's limit, asks to wait.
        case rateLimited(Failure)
        /// A limit that others of the same credential met holds it back, without an attempt.
        case paused(LimitPause)
        /// The host keeps failing.
        case circuit(OpenCircuit)

        /// As scripts read it.
        public var name: String {
            switch self {
            case .due: "due"
            case .running: "running"
            case .retry: "retry"
            case .rateLimited, .paused: "rateLimited"
            case .circuit: "circuitOpen"
            }
        }
    }

    public var job: JobRow
    /// When it may go on; nil while it is running.
    public var at: Timestamp?
    public var cause: Cause

    init(_ job: JobRow, circuit: OpenCircuit?, pause: LimitPause?) {
        self.job = job
        at = job.nextAttemptAt
        if job.state == .started {
            cause = .running
        } else if let failure = job.failure?.failure, job.state == .waiting {
            cause = failure.errorClass == .rateLimited ? .rateLimited(failure) : .retry(failure)
        } else {
            cause = .due
        }
        guard job.state != .started else { return }
        // What lasts longest is what it waits for.
        if let pause, at.map({ pause.until > $0 }) ?? true {
            at = pause.until
            cause = .paused(pause)
        }
        guard let circuit else { return }
        guard let until = circuit.until else {
            cause = .circuit(circuit)
            return
        }
        if at.map({ until > $0 }) ?? true {
            at = until
            cause = .circuit(circuit)
        }
    }
}

extension Queries {
    /// What sources said of the limits of the tenant's credentials.
    public func rateLimits() throws -> [QuotaStatus] {
        guard !isNobody else { return [] }
        return try state.read { view in try view.rateLimits(of: scope) }.map {
            QuotaStatus(quota: $0.quota, limit: $0.limit, retryAt: $0.retryAt, at: $0.at)
        }
    }

    /// Reports that providers say they sent and that never came.
    public func missedDeliveries() throws -> [GapRow] {
        seesStore ? try state.read { view in try view.gaps(of: nil) } : []
    }

    /// The access that the tenant has given, by id.
    public func credentials() throws -> [CredentialRow] {
        guard !isNobody else { return [] }
        return try state.read { view in try view.credentials(of: scope) }
    }
}
