#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Counts the transactions of an environment that are open in this process, and keeps new ones out while its map is moved:
/// LMDB lets that be done only while there are none.
final class TransactionGate: @unchecked Sendable {
    // Sendable: what changes is guarded by `mutex`, which has to be a POSIX one for `condition` to wait with it.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var count = 0
    private var isClosed = false
    private var waiting = 0

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Called before a transaction begins.
    func enter() {
        pthread_mutex_lock(mutex)
        while isClosed { pthread_cond_wait(condition, mutex) }
        count += 1
        pthread_mutex_unlock(mutex)
    }

    /// Called when it has ended.
    func leave() {
        pthread_mutex_lock(mutex)
        count -= 1
        if count == 0, waiting > 0 { pthread_cond_broadcast(condition) }
        pthread_mutex_unlock(mutex)
    }

    /// Runs `body` while no transaction is open. New ones are let in at first, so that one inside another does not wait for
    /// itself, and then kept out, so that this has its turn where they overlap.
    ///
    /// - Returns: nil where there was always one open, for as long as both limits say.
    func alone<R>(openSeconds: Int, closedSeconds: Int, _ body: () -> R) -> R? {
        pthread_mutex_lock(mutex)
        waiting += 1
        defer {
            waiting -= 1
            pthread_mutex_unlock(mutex)
        }
        if !waitUntilEmpty(openSeconds) {
            // Somebody else may keep them out already; then this waits its turn among the others.
            while isClosed { pthread_cond_wait(condition, mutex) }
            isClosed = true
            defer {
                isClosed = false
                pthread_cond_broadcast(condition)
            }
            guard waitUntilEmpty(closedSeconds) else { return nil }
            return body()
        }
        return body()
    }

    private func waitUntilEmpty(_ seconds: Int) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_sec += seconds
        while count > 0 {
            guard pthread_cond_timedwait(condition, mutex, &deadline) != ETIMEDOUT else { return count == 0 }
        }
        return true
    }
}
