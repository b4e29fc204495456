import Glibc
import State

/// Threads for work that is divided: as many as the machine has processors.
enum ParallelThreads {
    static let runner = ParallelRunner(width: max(1, min(maximumWidth, sysconf(Int32(_SC_NPROCESSORS_ONLN))))) {
        ParallelThreads.run($0)
    }

    /// More threads would each have too little of the memory that building may take.
    private static let maximumWidth = 8

    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// The first body runs in the calling thread.
    private static func run(_ bodies: [@Sendable () -> Void]) {
        var threads: [pthread_t] = []
        for body in bodies.dropFirst() {
            var thread = pthread_t()
            let argument = Unmanaged.passRetained(Body(body))
            let code = pthread_create(
                &thread, nil,
                { pointer in
                    if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                    return nil
                }, argument.toOpaque())
            precondition(code == 0, "no thread can be started (error \(code))")
            threads.append(thread)
        }
        bodies.first?()
        for thread in threads { pthread_join(thread, nil) }
    }
}
