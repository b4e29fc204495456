import Logging

/// What the service tells its manager, where it has one. That nobody listens is logged, and stops nothing.
struct Supervision: Sendable {
    let manager: ServiceManager?
    let logger: Logger

    func isReady(_ status: String) { tell { manager throws(SystemError) in try manager.isReady(status) } }
    func isReloading() { tell { manager throws(SystemError) in try manager.isReloading() } }
    func isStopping() {
        tell { manager throws(SystemError) in try manager.isStopping("Ending: work under way is parked") }
    }

    /// Says that the service is alive as long as `isWell` says nothing against it, until its task is cancelled. It is told
    /// twice as often as it is expected.
    func watch(_ problem: @escaping @Sendable () async -> String?) async {
        guard let interval = manager?.watchdogInterval else { return }
        while !Task.isCancelled {
            if let problem = await problem() {
                logger.error("the watchdog is not fed", metadata: ["reason": "\(problem)"])
            } else {
                tell { manager throws(SystemError) in try manager.isAlive() }
            }
            do { try await Task.sleep(for: interval / 2) } catch { return }
        }
    }

    private func tell(_ message: (ServiceManager) throws(SystemError) -> Void) {
        guard let manager else { return }
        do throws(SystemError) { try message(manager) } catch {
            logger.warning("the service manager cannot be told", metadata: ["reason": "\(error)"])
        }
    }
}
