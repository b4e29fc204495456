/// Threads that somebody lends for work that goes on at several places at once.
public struct ParallelRunner: Sendable {
    /// How many bodies are worth running at once.
    public let width: Int
    /// Runs all bodies at once, each in a thread of its own, and returns when all have ended.
    public let run: @Sendable (_ bodies: [@Sendable () -> Void]) -> Void

    /// - Parameters:
    ///   - width: at least 1.
    ///   - run: has to run `width` bodies truly at once, since one may wait for another.
    public init(width: Int, run: @escaping @Sendable (_ bodies: [@Sendable () -> Void]) -> Void) {
        precondition(width >= 1, "somebody has to work")
        self.width = width
        self.run = run
    }

    /// Nobody lends any: one body after another.
    public static let none = ParallelRunner(width: 1) { bodies in
        for body in bodies { body() }
    }
}
