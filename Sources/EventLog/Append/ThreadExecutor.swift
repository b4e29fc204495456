import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A serial executor with a thread of its own, for an actor whose work blocks. The thread ends with the executor.
public final class ThreadExecutor: SerialExecutor {
    private let work = WorkQueue()

    /// - Parameter name: of the thread, in the first 15 bytes, as tools show it.
    public init(name: String) {
        work.startThread(name: name)
    }

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

    func startThread(name: String) {
        let start = Unmanaged.passRetained(Start(queue: self, name: String(decoding: name.utf8.prefix(15), as: UTF8.self)))
        #if canImport(Glibc)
            var thread = pthread_t()
            let status = pthread_create(&thread, nil, { Start.run($0) }, start.toOpaque())
        #else
            var thread: pthread_t?
            let status = pthread_create(&thread, nil, { Start.run($0) }, start.toOpaque())
        #endif
        precondition(status == 0, "the system gives no thread: \(String(cString: strerror(status)))")
        #if canImport(Glibc)
            pthread_detach(thread)
        #else
            if let thread { pthread_detach(thread) }
        #endif
    }

    private final class Start {
        let queue: WorkQueue
        let name: String

        init(queue: WorkQueue, name: String) {
            self.queue = queue
            self.name = name
        }

        static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            guard let argument else { return nil }
            let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
            #if canImport(Glibc)
                pthread_setname_np(pthread_self(), start.name)
            #else
                pthread_setname_np(start.name)
            #endif
            while let batch = start.queue.take() {
                for body in batch { body() }
            }
            return nil
        }
    }
}
