import Events
import Synchronization

/// Reports that wait to become durable. The first to come leads: it takes all that wait, makes them durable together, and
/// hands over to the first of those who came meanwhile.
final class IntakeQueue: Sendable {
    /// A report whose body was put into the store.
    struct Entry: Sendable {
        var webhook: ReceivedWebhook
        var bodyHash: SHA1Hash
        /// Of the request that brought it.
        var trace: TraceContext?
    }

    /// What somebody who waited wakes up to.
    private enum Turn {
        case done(WebhookReceipt)
        case lead
    }

    private struct Waiting {
        let entry: Entry
        let continuation: CheckedContinuation<Turn, any Error>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isLed = false
    }

    private let state = Mutex(State())

    /// Reports that are made durable together.
    static let maximumBatchCount = 512
    /// Reports that may wait. More are refused: the source sends them again.
    static let maximumWaitingCount = 8192

    /// Takes a report in, alone or together with others.
    ///
    /// - Parameter commit: makes reports durable, and answers for each in their order.
    /// - Throws: `IngestError` (overloaded), and what `commit` throws.
    func pass(
        _ entry: Entry, _ commit: ([Entry]) async throws -> [WebhookReceipt]
    ) async throws -> WebhookReceipt {
        let leads = try state.withLock { state throws(IngestError) in
            guard state.waiting.count < Self.maximumWaitingCount else {
                throw IngestError(.overloaded, "too many reports wait to be made durable: send it again later")
            }
            defer { state.isLed = true }
            return !state.isLed
        }
        if !leads {
            let turn = try await withCheckedThrowingContinuation { continuation in
                let isLed = state.withLock { state in
                    // The leader may have ended meanwhile.
                    guard state.isLed else {
                        state.isLed = true
                        return false
                    }
                    state.waiting.append(Waiting(entry: entry, continuation: continuation))
                    return true
                }
                if !isLed { continuation.resume(returning: .lead) }
            }
            if case .done(let receipt) = turn { return receipt }
        }
        let others = state.withLock { state in
            let taken = Array(state.waiting.prefix(Self.maximumBatchCount - 1))
            state.waiting.removeFirst(taken.count)
            return taken
        }
        let result: Result<[WebhookReceipt], any Error>
        do {
            result = .success(try await commit([entry] + others.map(\.entry)))
        } catch {
            result = .failure(error)
        }
        handOver()
        for (index, other) in others.enumerated() {
            other.continuation.resume(with: result.map { .done($0[index + 1]) })
        }
        return try result.get()[0]
    }

    private func handOver() {
        let next = state.withLock { state -> Waiting? in
            guard !state.waiting.isEmpty else {
                state.isLed = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume(returning: .lead)
    }
}
