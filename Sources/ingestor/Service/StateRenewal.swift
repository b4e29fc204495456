import Logging
import State
import Synchronization

/// Makes a state that an earlier version of a projection has folded anew, while the service answers from it.
struct StateRenewal: Sendable {
    let state: StateStore
    let logger: Logger

    private final class Cancellation: Sendable {
        let isCancelled = Atomic(false)
    }

    /// Ends when it is done, or given up. What goes wrong stops nothing: the rows serve on, and the next start tries again.
    func run() async {
        guard state.isOutdated else { return }
        logger.info("the state is of an earlier version: it is built anew beside, and serves until then")
        let cancellation = Cancellation()
        // It keeps its thread for long; there are enough for those who answer requests.
        await withTaskCancellationHandler {
            renew(cancellation)
        } onCancel: {
            cancellation.isCancelled.store(true, ordering: .relaxed)
        }
    }

    private func renew(_ cancellation: Cancellation) {
        do {
            try state.rebuildWhereOutdated(isCancelled: { cancellation.isCancelled.load(ordering: .relaxed) })
            logger.info("the state was built anew, and serves from now on")
        } catch let error as StateError where error.code == .cancelled {
            logger.info("the state was not finished: the next start builds it anew")
        } catch {
            logger.error(
                "the state could not be built anew: the earlier version serves on", metadata: ["reason": "\(error)"])
        }
    }
}
