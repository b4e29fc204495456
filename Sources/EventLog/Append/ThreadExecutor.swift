import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A serial executor with a thread of its own, for an actor whose work blocks. The thread ends with the executor.
public final class ThreadExecutor: SerialExecutor {
    private let work = WorkQueue()

    public init() { work.startThread() }

    deinit { work.close() }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // Holds the executor until the job has run, so that it is never freed under the job.
        work.add { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    /// Runs `body` on the thread, after all jobs that are queued now.
    public func perform(_ body: @escaping @Sendable () -> Void) {
        work.add { [self] in withExtendedLifetime(self, body) }
    }
}

/// What the thread has to do. Outlives the executor until the thread has ended.
private final class WorkQueue: @unchecked Sendable {
    // Sendable: what changes is guarded by `mutex`, which has to be a POSIX one for `condition` to wait with it.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var queue: [@Sendable () -> Void] = []
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

    func add(_ body: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(mutex)
        queue.append(body)
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }

    /// Everything that waits, once there is something; nil at the end.
    private func take() -> [@Sendable () -> Void]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while queue.isEmpty {
            if isClosed { return nil }
            pthread_cond_wait(condition, mutex)
        }
        defer { queue = [] }
        return queue
    }

    func startThread() {
        let queue = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let status = pthread_create(&thread, nil, { WorkQueue.run($0) }, queue)
        precondition(status == 0, "the system gives no thread: \(String(cString: strerror(status)))")
        #if canImport(Glibc)
            pthread_detach(thread)
        #else
            if let thread { pthread_detach(thread) }
        #endif
    }

    private static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        let queue = Unmanaged<WorkQueue>.fromOpaque(argument).takeRetainedValue()
        while let batch = queue.take() {
            for body in batch { body() }
        }
        return nil
    }
}
