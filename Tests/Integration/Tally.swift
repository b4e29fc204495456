import EventLog
import Events
import GitHubSimulator

/// What the log says happened.
struct Tally {
    private(set) var kinds: [EventKind: Int] = [:]
    private(set) var gaps: [LogPosition: GapDetected] = [:]
    /// By the gap: where it was closed.
    private(set) var closings: [LogPosition: LogPosition] = [:]
    private(set) var gapReasons: [String: Int] = [:]
    private(set) var retries: [String: Int] = [:]
    private(set) var deadLetters: [String] = []
    private(set) var count: UInt64 = 0
    private(set) var faults: [String] = []

    init(_ log: EventLog) throws {
        try log.read { snapshot in
            count = snapshot.end.rawValue
            try snapshot.forEach(in: LogPosition(0)..<snapshot.end) { position, record in
                let envelope = try Envelope(record: record, at: position)
                kinds[envelope.event.kind, default: 0] += 1
                switch envelope.event {
                case .gapDetected(let gap):
                    gaps[position] = gap
                    gapReasons[gap.reason.name, default: 0] += 1
                case .gapClosed(let closed):
                    if gaps[closed.gap] == nil { faults.append("\(position) closes \(closed.gap), which is no gap") }
                    if let earlier = closings.updateValue(position, forKey: closed.gap) {
                        faults.append("\(position) closes the gap at \(closed.gap), as \(earlier) did")
                    }
                case .retryScheduled(let retry): retries[retry.failure.code, default: 0] += 1
                case .jobDeadLettered(let letter): deadLetters.append(letter.failure.message)
                default: break
                }
            }
        }
    }

    var openGaps: [LogPosition] { gaps.keys.filter { closings[$0] == nil }.sorted() }

    /// The deliveries that were named as missing.
    var missedDeliveries: Set<String> { Set(gaps.values.map(\.delivery).filter { !$0.isEmpty }) }

    subscript(kind: EventKind) -> Int { kinds[kind] ?? 0 }

    var lines: [String] {
        let kinds = kinds.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.name) \($0.value)" }
        return [
            "\(count) events: \(kinds.joined(separator: ", "))", "gaps: \(Self.list(gapReasons))",
            "retries: \(Self.list(retries)); dead letters: \(deadLetters.count)",
        ]
    }

    private static func list(_ counts: [String: Int]) -> String {
        let parts = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }
}
