import Glibc

/// A lock around a state, on whose changes threads can wait. (`Mutex` has no condition to wait for.)
final class Monitor<State>: @unchecked Sendable {
    // Sendable, because the state is only touched with the lock held.
    private var state: State
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>

    init(_ state: sending State) {
        self.state = state
        mutex = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` with the lock held, and wakes whoever waits.
    func withLock<R, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
        try withLock(wakingIf: { _ in true }, body)
    }

    /// Runs `body` with the lock held, and wakes whoever waits where what it came to may matter to them. A wake costs more
    /// than most of what is done here: whoever comes by for every blob does without.
    func withLock<R, E: Error>(
        wakingIf wakes: (R) -> Bool, _ body: (inout State) throws(E) -> R
    ) throws(E) -> R {
        pthread_mutex_lock(mutex)
        var isWaking = true
        defer {
            if isWaking { pthread_cond_broadcast(changed) }
            pthread_mutex_unlock(mutex)
        }
        let result = try body(&state)
        isWaking = wakes(result)
        return result
    }

    /// Runs `body`, which changes nothing, with the lock held.
    func read<R, E: Error>(_ body: (borrowing State) throws(E) -> R) throws(E) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(state)
    }

    /// Runs `body` with the lock held, again after every change, until it gives a value.
    func wait<R>(_ body: (inout State) -> R?) -> R {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
        while true {
            if let result = body(&state) { return result }
            pthread_cond_wait(changed, mutex)
        }
    }
}
