import Events

/// Decides which requests of a batch may be appended, and where their events will stand. Earlier requests of the batch count
/// as appended for later ones, though nobody has folded them yet.
struct BatchPlan {
    /// What is to become of a request, once the batch is durable.
    enum Outcome {
        case append(Range<LogPosition>)
        case alreadyClaimed(by: LogPosition)
        case refused(any Error)
    }

    private(set) var outcomes: [Outcome] = []
    private(set) var next: LogPosition
    private var claimed: [[UInt8]: LogPosition] = [:]
    private var lastOfRepository: [RepositoryID: LogPosition] = [:]
    /// Only where somebody expects something is it worth noting which repository each event has.
    private let tracksRepositories: Bool

    init(_ requests: [AppendRequest], from start: LogPosition, follower: any LogFollower) {
        next = start
        tracksRepositories = requests.contains { $0.expectation != nil }
        outcomes.reserveCapacity(requests.count)
        for request in requests {
            do {
                outcomes.append(try plan(request, follower))
            } catch {
                outcomes.append(.refused(error))
            }
        }
    }

    private mutating func plan(_ request: AppendRequest, _ follower: any LogFollower) throws -> Outcome {
        for claim in request.claims {
            if let holder = try claimed[claim.key] ?? follower.holder(of: claim) { return .alreadyClaimed(by: holder) }
        }
        if case .repository(let repository, let expected) = request.expectation {
            let actual = try lastOfRepository[repository] ?? follower.lastPosition(of: repository)
            guard actual == expected else { throw AppendError.conflict(actual: actual) }
        }
        let range = next..<next + request.events.count
        for claim in request.claims { claimed[claim.key] = range.lowerBound + claim.eventIndex }
        if tracksRepositories {
            for (offset, event) in request.events.enumerated() {
                let position = range.lowerBound + offset
                if let repository = event.repository(at: position) { lastOfRepository[repository] = position }
            }
        }
        next = range.upperBound
        return .append(range)
    }
}
