import Events

/// How long each stage of a sync took, by the times of its events: from when it was asked for to when it began, until its
/// source had answered, until what changed had come, and until that was stored and recorded.
struct StageTimes {
    enum Stage: String, CaseIterable {
        case queue, poll, fetch, store
    }

    /// When the last stage of each sync under way ended.
    private var ends: [RepositoryID: Timestamp] = [:]

    /// Syncs that are followed at one time; beyond it those under way are not measured.
    private static let maximumCount = 16_384

    /// - Returns: the stages that end with an event, in seconds.
    mutating func take(_ envelope: Envelope) -> [(Stage, seconds: Double)] {
        guard let repository = envelope.header.repository else { return [] }
        let stage: Stage?
        var isLast = false
        switch envelope.event {
        case .syncRequested, .jobRequeued: stage = nil
        case .syncStarted: stage = .queue
        case .pollCompleted, .pollFailed: stage = .poll
        case .fetchCompleted, .fetchFailed: stage = .fetch
        case .syncCompleted(let event):
            (stage, isLast) = (event.upToDate ? nil : .store, true)
        case .syncFailed: (stage, isLast) = (nil, true)
        // A waiting time that somebody decided is no queue.
        case .retryScheduled: (stage, isLast) = (nil, true)
        default: return []
        }
        let now = envelope.header.time
        let begun = ends[repository]
        if ends.count >= Self.maximumCount { ends = [:] }
        ends[repository] = isLast ? nil : now
        guard let stage, let begun else { return [] }
        return [(stage, max(0, now.seconds(since: begun)))]
    }
}
