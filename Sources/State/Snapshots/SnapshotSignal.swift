#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Wakes the thread that takes snapshots.
final class SnapshotSignal: @unchecked Sendable {
    // Sendable: what changes is guarded by `mutex`, which has to be a POSIX one for `condition` to wait with it.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isDue = false
    private var isClosed = false

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

    func raise() { change { isDue = true } }

    func close() { change { isClosed = true } }

    private func change(_ body: () -> Void) {
        pthread_mutex_lock(mutex)
        body()
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }

    /// Waits for the next one that is due.
    ///
    /// - Returns: false once it is closed.
    func wait() -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isDue, !isClosed { pthread_cond_wait(condition, mutex) }
        isDue = false
        return !isClosed
    }
}
