import Glibc
import Synchronization

/// Runs jobs on threads of its own, so that a job may block: in libcurl, in an fsync, on a socket.
///
/// Threads are started as they are needed, up to a limit, and end after being idle for a while. Beyond the limit jobs wait.
final class ThreadPoolExecutor: TaskExecutor {
    /// Enough for every connection of the control socket (two threads each) beside the concurrent syncs.
    static let defaultThreadLimit = 128

    private let pool: Pool

    init(threadLimit: Int = defaultThreadLimit) { pool = Pool(threadLimit: threadLimit) }

    func enqueue(_ job: consuming ExecutorJob) {
        pool.add(UnownedJob(job), for: asUnownedTaskExecutor())
    }
}

/// The queue and its threads.
///
/// `@unchecked Sendable`: everything that changes is only touched with `mutex` held.
private final class Pool: @unchecked Sendable {
    private struct Entry {
        let job: UnownedJob
        let executor: UnownedTaskExecutor
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let threadLimit: Int
    private var queue: [Entry] = []
    private var first = 0
    private var idleCount = 0
    private var threadCount = 0

    init(threadLimit: Int) {
        self.threadLimit = threadLimit
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    func add(_ job: UnownedJob, for executor: UnownedTaskExecutor) {
        pthread_mutex_lock(mutex)
        queue.append(Entry(job: job, executor: executor))
        let waiting = queue.count - first
        if waiting > idleCount, threadCount < threadLimit {
            threadCount += 1
            startThread()
        } else {
            pthread_cond_signal(condition)
        }
        pthread_mutex_unlock(mutex)
    }

    private func startThread() {
        var thread = pthread_t()
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { attributes.deallocate() }
        pthread_attr_init(attributes)
        pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
        let argument = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, attributes,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<Pool>.fromOpaque(pointer).takeRetainedValue().work()
                return nil
            }, argument.toOpaque())
        pthread_attr_destroy(attributes)
        if code != 0 {
            // With other threads there the job is done later; without any nothing can be done at all.
            argument.release()
            threadCount -= 1
            precondition(threadCount > 0, "no thread can be started (error \(code))")
        }
    }

    private func work() {
        while let entry = next() { entry.job.runSynchronously(on: entry.executor) }
    }

    private func next() -> Entry? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while first == queue.count {
            idleCount += 1
            var deadline = timespec()
            clock_gettime(CLOCK_REALTIME, &deadline)
            deadline.tv_sec += Self.idleSeconds
            let code = pthread_cond_timedwait(condition, mutex, &deadline)
            idleCount -= 1
            if code == ETIMEDOUT, first == queue.count {
                threadCount -= 1
                return nil
            }
        }
        let entry = queue[first]
        first += 1
        if first == queue.count {
            queue.removeAll(keepingCapacity: true)
            first = 0
        }
        return entry
    }

    /// A thread without work ends after so many seconds.
    private static let idleSeconds = 10

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }
}
