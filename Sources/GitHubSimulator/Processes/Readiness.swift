import Glibc
import Synchronization

/// Tells when descriptors can be read or written: one thread waits for all of them, in poll(2).
///
/// Dispatch's sources would do, but on Linux its event loop crashes now and then where many of them come and go
/// (swift-corelibs-libdispatch, issue 949).
final class Readiness: Sendable {
    static let shared = Readiness()

    enum Direction {
        case reading
        case writing

        fileprivate var events: Int16 { Int16(self == .reading ? POLLIN : POLLOUT) }
    }

    private struct Waiter {
        var number: Int32
        var events: Int16
        var continuation: CheckedContinuation<Void, Never>
    }

    private let waiters = Mutex<[Waiter]>([])
    /// A byte in it ends the poll under way.
    private let wakeUp: (reading: Int32, writing: Int32)

    private init() {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        // Without these two nothing can be served, and there is nobody yet to tell: this is the demo's and the tests' server.
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { fatalError("no socket is left: errno \(errno)") }
        wakeUp = (ends[0], ends[1])
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { _ in
                Readiness.shared.run()
                return nil
            }, nil)
        guard code == 0 else { fatalError("no thread is left: error \(code)") }
        pthread_detach(thread)
    }

    /// Returns once the descriptor is ready, or has failed; it has to stay open meanwhile.
    func wait(for number: Int32, _ direction: Direction) async {
        await withCheckedContinuation { continuation in
            waiters.withLock {
                $0.append(Waiter(number: number, events: direction.events, continuation: continuation))
            }
            // A full one wakes the thread as well.
            var byte: UInt8 = 0
            _ = write(wakeUp.writing, &byte, 1)
        }
    }

    private func run() {
        while true {
            var polled = waiters.withLock { $0.map { pollfd(fd: $0.number, events: $0.events, revents: 0) } }
            polled.append(pollfd(fd: wakeUp.reading, events: Int16(POLLIN), revents: 0))
            guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
            if polled.removeLast().revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 4096)
                _ = read(wakeUp.reading, &bytes, bytes.count)
            }
            // Nobody else removes any, and new ones come behind those that were polled.
            for waiter in take(polled.indices.filter { polled[$0].revents != 0 }) { waiter.continuation.resume() }
        }
    }

    private func take(_ indices: [Int]) -> [Waiter] {
        waiters.withLock { waiters in
            let taken = indices.map { waiters[$0] }
            for index in indices.reversed() { waiters.remove(at: index) }
            return taken
        }
    }
}
