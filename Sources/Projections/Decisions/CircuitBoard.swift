public import Events

/// The circuits of all hosts. Pure: time and outcomes are told to it, by whoever does the work or from the log.
public struct CircuitBoard: Sendable {
    private let policy: Circuit.Policy
    private var circuits: [String: Circuit] = [:]

    public init(_ policy: Circuit.Policy = Circuit.Policy()) { self.policy = policy }

    /// Whether an attempt at a host may begin now. One that may is told of by one of the others.
    public mutating func admit(_ host: String, at now: Timestamp) -> Bool {
        circuits[host, default: Circuit()].admit(at: now)
    }

    /// Whether nothing goes to a host for now.
    public func isHeld(_ host: String, at now: Timestamp) -> Bool {
        var circuit = circuits[host] ?? Circuit()
        return !circuit.admit(at: now)
    }

    public mutating func succeeded(_ host: String) { circuits[host] = nil }

    public mutating func failed(_ host: String, _ repository: RepositoryID, _ failure: Failure, at now: Timestamp) {
        if Self.isOfHost(failure) {
            circuits[host, default: Circuit()].record(repository, at: now, isFailure: true, policy: policy)
        } else if failure.errorClass == .permanent {
            // It answered.
            circuits[host] = nil
        } else {
            release(host, at: now)
        }
    }

    /// What was begun told nothing of its host.
    public mutating func release(_ host: String, at now: Timestamp) { circuits[host]?.release(at: now) }

    /// Failures that others at the same host would have too.
    public static func isOfHost(_ failure: Failure) -> Bool {
        failure.errorClass == .transient && ["unreachable", "timeout", "cut", "serverError"].contains(failure.code)
    }

    /// Hosts that nothing is sent to for now, in the order of their names.
    public var open: [OpenCircuit] {
        circuits.sorted { $0.key < $1.key }.compactMap { host, circuit in
            switch circuit.state {
            case .closed: nil
            case .open(let until): OpenCircuit(host: host, until: until)
            case .probing: OpenCircuit(host: host, until: nil)
            }
        }
    }
}
