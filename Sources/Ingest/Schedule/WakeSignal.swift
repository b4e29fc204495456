import Synchronization

/// Says that there may be something to do. Remembered until somebody has waited for it; many at once are one.
final class WakeSignal: Sendable {
    private struct State {
        var isFired = false
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextNumber: UInt64 = 0
    }

    private let state = Mutex(State())

    func fire() {
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            if state.waiting.isEmpty { state.isFired = true }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Returns as soon as it was fired, or its task is cancelled.
    func wait() async {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isFired || Task.isCancelled {
                        state.isFired = false
                        return true
                    }
                    state.waiting[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume()
        }
    }
}
