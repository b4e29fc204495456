import EventLog
public import Events
import Synchronization

/// Remembers which distributed trace a story belongs to, so that work which is done later tells it on. It is nothing that
/// has to be known for ever: it is lost with the process, and the oldest are forgotten.
final class TraceLedger: Sendable {
    /// Stories that are remembered.
    private static let maximumCount = 4096

    private struct Contents {
        var traces: [LogPosition: TraceContext] = [:]
        var order: [LogPosition] = []
    }

    private let contents = Mutex(Contents())

    /// - Parameters:
    ///   - story: where it began: a report, or a job.
    ///   - trace: nil: it belongs to none.
    func remember(_ story: LogPosition, _ trace: TraceContext? = .current) {
        guard let trace else { return }
        contents.withLock { contents in
            if contents.traces.updateValue(trace, forKey: story) == nil { contents.order.append(story) }
            guard contents.order.count > 2 * Self.maximumCount else { return }
            for old in contents.order.prefix(Self.maximumCount) { contents.traces[old] = nil }
            contents.order.removeFirst(Self.maximumCount)
        }
    }

    func trace(of story: LogPosition) -> TraceContext? { contents.withLock { $0.traces[story] } }

    var isEmpty: Bool { contents.withLock { $0.traces.isEmpty } }
}

extension Engine {
    /// The trace of whatever asked for a job: of the request for it, or of the report that led to it. Known as long as the
    /// process runs, and not for ever.
    public func trace(of job: LogPosition) throws -> TraceContext? {
        // Whoever calls now has one of its own.
        if let current = TraceContext.current { return current }
        if traces.isEmpty { return nil }
        if let trace = traces.trace(of: job) { return trace }
        return try log.read { log in try log.header(at: job)?.causation }.flatMap { traces.trace(of: $0) }
    }
}
