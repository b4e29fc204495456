import FoundationEssentials

/// How much is done, and how quickly; `tools/soak github` makes it large.
struct Scale: Sendable {
    static let current = Scale(ProcessInfo.processInfo.environment)

    let repositories: Int
    let pushes: Int
    let seed: UInt64
    let isSoak: Bool
    /// How the engine reads in a long run; in a short one each way is tried.
    let access: LossyHub.Access

    /// Part of the webhooks that go astray in each of three ways.
    let strayRate = 0.05
    /// Part of the requests that get a 5xx, and of those that meet a limit.
    let errorRate = 0.02
    let limitRate = 0.005

    init(_ environment: [String: String]) {
        func number(_ name: String) -> Int? { environment[name].flatMap(Int.init) }
        isSoak = environment["SOAK_REPOSITORIES"] != nil || environment["SOAK_PUSHES"] != nil
        repositories = number("SOAK_REPOSITORIES") ?? 20
        pushes = number("SOAK_PUSHES") ?? 200
        // Large it is run with the access that repairs itself by more means, unless somebody says otherwise.
        access = environment["SOAK_ACCESS"].flatMap(LossyHub.Access.init(rawValue:)) ?? .app
        seed = number("SOAK_SEED").map { UInt64($0) } ?? 1
    }

    var pushesPerSecond: Double { isSoak ? 40 : 80 }
    /// Within each of so many pushes the primary limit is used up once.
    var pushesPerPrimaryLimit: Int { max(pushes / 4, 50) }
    /// A webhook that is held back is overtaken by so many others, that some are of the same repository.
    var reorderDistance: Int { max(20, repositories / 5) }
    /// Seconds between two polls of a quiet repository, and of a busy one.
    var pollSeconds: (longest: Double, shortest: Double) { isSoak ? (180, 60) : (3, 1) }
    /// Seconds between two audits of what was delivered, and the age from which on a delivery counts as lost.
    var auditSeconds: (interval: Double, grace: Double) { isSoak ? (15, 5) : (1, 0.5) }
    /// Seconds in which a repository is synced for webhooks twice at most.
    var burstSeconds: Double { isSoak ? 10 : 1 }
    /// After so long something that has to happen does not.
    var patience: Duration { isSoak ? .seconds(900) : .seconds(180) }
}
