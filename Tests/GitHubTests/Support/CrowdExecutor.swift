import Foundation

/// Threads that wait for work: blocking calls of many tasks at once run side by side. Dispatch would add a thread a second.
///
/// `@unchecked Sendable`: the condition guards the jobs.
final class CrowdExecutor: TaskExecutor, @unchecked Sendable {
    private let condition = NSCondition()
    private var jobs: [UnownedJob] = []

    /// Lives as long as the process.
    static let shared = CrowdExecutor(threadCount: 32)

    private init(threadCount: Int) {
        for _ in 0..<threadCount { Thread { [self] in run() }.start() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.withLock { jobs.append(job) }
        condition.signal()
    }

    private func run() {
        while true {
            condition.lock()
            while jobs.isEmpty { condition.wait() }
            let job = jobs.removeFirst()
            condition.unlock()
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
