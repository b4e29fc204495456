import EventLog
import Events
import GitHubSimulator

/// Gaps between pushes that were recorded though nothing was missing: every push up to the newest that had come in by then had
/// come in, the one to the commit that was expected as well. (Where that commit was seen by a poll, its own push is missing.)
struct FalseGaps {
    /// Gaps between pushes that were recorded, and those of them that were none.
    private(set) var count = 0
    private(set) var found: [LogPosition] = []

    /// Of a repository: its pushes in the order in which they were made.
    private struct Sequence {
        var number = 0
        /// By delivery.
        var numbers: [String: Int] = [:]
        var received: Set<Int> = []
        /// Commits that those pushes led to.
        var commits: Set<SHA1Hash> = []

        /// Whether all came up to the newest one.
        var isWhole: Bool { received.max().map { $0 + 1 == received.count } ?? true }
    }

    init(_ log: EventLog, _ deliveries: [WebhookDelivery]) throws {
        var sequences: [UInt64: Sequence] = [:]
        var repositories: [String: UInt64] = [:]
        let pushes = deliveries.filter { $0.event == "push" }.sorted { $0.id < $1.id }
        for push in pushes where repositories[push.guid] == nil {
            let repository = UInt64(push.repositoryID ?? 0)
            repositories[push.guid] = repository
            var sequence = sequences[repository] ?? Sequence()
            sequence.numbers[push.guid] = sequence.number
            sequence.number += 1
            sequences[repository] = sequence
        }
        var lastRepository: UInt64?
        try log.read { snapshot in
            try snapshot.forEach(in: LogPosition(0)..<snapshot.end) { position, record in
                switch try Envelope(record: record, at: position).event {
                case .webhookReceived(let event):
                    lastRepository = repositories[event.delivery]
                    guard let repository = lastRepository, let number = sequences[repository]?.numbers[event.delivery]
                    else { break }
                    sequences[repository]?.received.insert(number)
                    if let commit = event.ref?.after { sequences[repository]?.commits.insert(commit) }
                case .gapDetected(let gap) where gap.reason == .missedPush:
                    // It stands in the log behind the report that it follows from.
                    count += 1
                    guard let sequence = lastRepository.flatMap({ sequences[$0] }) else { break }
                    let isTold = gap.expected.map { sequence.commits.contains($0) } ?? true
                    if sequence.isWhole, isTold { found.append(position) }
                default: break
                }
            }
        }
    }
}
