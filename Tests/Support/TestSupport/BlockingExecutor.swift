import Dispatch

/// Runs each job on a thread of Dispatch's, which adds threads when they block. Tests that talk to a server in their own
/// process need it: on the two threads of the cooperative pool a blocking call could starve that server.
public final class BlockingExecutor: TaskExecutor {
    public init() {}

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        DispatchQueue.global().async { job.runSynchronously(on: executor) }
    }
}
