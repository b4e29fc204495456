import Dispatch
import Foundation
import Synchronization

/// Runs jobs on threads of its own, which may block. Tests that talk to a server in their own process need it: on the two
/// threads of the cooperative pool a blocking call could starve that server, and on Dispatch's it starves the server's
/// sockets until Dispatch adds a thread, once a second.
public final class BlockingExecutor: TaskExecutor {
    private static let pool = ThreadPool(threads: 32)

    public init() {}

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        Self.pool.add { job.runSynchronously(on: executor) }
    }
}

/// Threads that run until the process ends.
private final class ThreadPool: Sendable {
    private let work = Mutex<[@Sendable () -> Void]>([])
    private let count = DispatchSemaphore(value: 0)

    init(threads: Int) {
        for _ in 0..<threads {
            Thread.detachNewThread { [self] in
                while true {
                    count.wait()
                    work.withLock { $0.removeFirst() }()
                }
            }
        }
    }

    func add(_ item: @escaping @Sendable () -> Void) {
        work.withLock { $0.append(item) }
        count.signal()
    }
}
