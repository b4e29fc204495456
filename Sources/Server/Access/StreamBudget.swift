import Hummingbird
import Synchronization

/// How many answers that take long are under way: of each caller, and of all.
final class StreamBudget: Sendable {
    private let total: Int
    private let perCaller: Int
    private let taken = Mutex<[Caller: Int]>([:])

    init(total: Int, perCaller: Int) {
        self.total = total
        self.perCaller = perCaller
    }

    /// A place among them. Given back when nobody refers to it any more, also where the answer never began.
    final class Place: Sendable {
        private let budget: StreamBudget
        private let caller: Caller

        init(_ budget: StreamBudget, _ caller: Caller) {
            self.budget = budget
            self.caller = caller
        }

        deinit {
            budget.taken.withLock { taken in
                let left = (taken[caller] ?? 1) - 1
                taken[caller] = left > 0 ? left : nil
            }
        }
    }

    /// - Throws: `Problem` where there is no room.
    func take(_ caller: Caller) throws -> Place {
        let hasRoom = taken.withLock { taken in
            let own = taken[caller] ?? 0
            guard own < perCaller, taken.values.reduce(0, +) < total else { return false }
            taken[caller] = own + 1
            return true
        }
        guard hasRoom else {
            throw Problem(
                status: .tooManyRequests, code: "tooManyStreams",
                detail: "this token has \(perCaller) long answers under way, or all together \(total): end one of them",
                retryAfterSeconds: Self.retryAfterSeconds)
        }
        return Place(self, caller)
    }

    private static let retryAfterSeconds = 5

    /// How many are under way.
    var count: Int { taken.withLock { $0.values.reduce(0, +) } }
}
