import Events
import Synchronization

/// Keeps deletions away from content that running work relies on.
///
/// Four rules, which together leave no gap:
/// - What was released after a sync began is not deleted while it runs (``horizon``). So content that was not released when a
///   sync looked at it needs no pin.
/// - What was released before, and a sync comes to rely on, is pinned by it (``hold(_:in:by:)``).
/// - Between the moment in which the store was asked whether it has a content and the one in which the log says that it is
///   stored, nothing is deleted (``recording(_:)``, ``delete(_:)``).
/// - What is being deleted is put only after that (``settled()``).
final class Pins: Sendable {
    /// A sync that is under way.
    struct Sync: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    struct Key: Hashable, Sendable {
        let domain: Domain
        let hash: SHA1Hash
    }

    private struct State {
        var nextNumber: UInt64 = 0
        var starts: [Sync: LogPosition] = [:]
        var held: [Key: Set<Sync>] = [:]
        var deleting: Set<Key> = []
        var recorders = 0
        var isExclusive = false
        /// Those who wait for a change of the two above.
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let state = Mutex(State())

    // MARK: Syncs

    /// A sync begins, and sees the log up to `end`.
    func begin(at end: LogPosition) -> Sync {
        state.withLock { state in
            let sync = Sync(number: state.nextNumber)
            state.nextNumber += 1
            state.starts[sync] = end
            return sync
        }
    }

    func end(_ sync: Sync) {
        state.withLock { state in
            state.starts[sync] = nil
            // Few are held: those that were released before.
            for (key, syncs) in state.held where syncs.contains(sync) {
                state.held[key] = syncs.count == 1 ? nil : syncs.subtracting([sync])
            }
        }
    }

    /// The log's end when the oldest of the running syncs began; nil where none runs.
    var horizon: LogPosition? { state.withLock { $0.starts.values.min() } }

    /// Keeps a released content until the sync ends; false where it is being deleted.
    func hold(_ hash: SHA1Hash, in domain: Domain, by sync: Sync) -> Bool {
        let key = Key(domain: domain, hash: hash)
        return state.withLock { state in
            guard !state.deleting.contains(key) else { return false }
            state.held[key, default: []].insert(sync)
            return true
        }
    }

    /// Returns once nothing is being deleted.
    func settled() async {
        while true {
            let isOver = await waitUnless { !$0.isExclusive }
            if isOver { return }
        }
    }

    // MARK: The gate

    /// Runs `body`, during which nothing is deleted.
    func recording<R>(_ body: () async throws -> R) async rethrows -> R {
        await enter()
        defer { leave() }
        return try await body()
    }

    /// Goes on once nothing is being deleted; until ``leave()`` nothing is.
    func enter() async {
        while true {
            let isIn = await waitUnless { state in
                guard !state.isExclusive else { return false }
                state.recorders += 1
                return true
            }
            if isIn { return }
        }
    }

    func leave() {
        let waiting = state.withLock { state in
            state.recorders -= 1
            return state.recorders == 0 ? Self.takeWaiting(&state) : []
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    /// Runs `body` while nobody records content. It is given what of `keys` may go: what no sync holds.
    ///
    /// - Parameter keys: with the position at which each was released.
    func delete<R>(
        _ keys: [(key: Key, released: LogPosition)], _ body: ([Key]) async throws -> R
    ) async throws -> R {
        // First nobody new comes in, then those who are in leave.
        while await !waitUnless({ state in
            guard !state.isExclusive else { return false }
            state.isExclusive = true
            return true
        }) {}
        defer { endDeletion() }
        while await !waitUnless({ $0.recorders == 0 }) {}
        let free = state.withLock { state in
            let horizon = state.starts.values.min()
            let free = keys.filter { entry in
                state.held[entry.key] == nil && (horizon.map { entry.released < $0 } ?? true)
            }.map(\.key)
            state.deleting = Set(free)
            return free
        }
        return try await body(free)
    }

    private func endDeletion() {
        let waiting = state.withLock { state in
            state.isExclusive = false
            state.deleting = []
            return Self.takeWaiting(&state)
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    private static func takeWaiting(_ state: inout State) -> [CheckedContinuation<Bool, Never>] {
        defer { state.waiting = [] }
        return state.waiting
    }

    /// Whether `condition` holds; where it does not, returns after the next change.
    private func waitUnless(_ condition: (inout State) -> Bool) async -> Bool {
        await withCheckedContinuation { continuation in
            let holds = state.withLock { state in
                if condition(&state) { return true }
                state.waiting.append(continuation)
                return false
            }
            if holds { continuation.resume(returning: true) }
        }
    }
}
