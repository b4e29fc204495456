import Synchronization

/// Hooks, what was sent to them, and what waits to be sent.
final class WebhookBoard: Sendable {
    private struct Held {
        var delivery: Int64
        /// How many later ones still overtake it.
        var remaining: Int
        let since = ContinuousClock.now
    }

    private struct State {
        var hooks: [Hook] = []
        var faults = WebhookFaults()
        /// By id, ascending.
        var deliveries: [WebhookDelivery] = []
        var withheld = 0
        var queue: [Int64] = []
        var queueStart = 0
        var held: [Held] = []
        var running = 0
        var isClosed = false
        var random: SplitMix64
        var lastHook: Int64 = 400
    }

    /// Ids rise from here, without gaps.
    static let firstDelivery: Int64 = 1_000_000

    /// So many at once leave the queue's front.
    private static let queueChunk = 1024

    private let state: Mutex<State>
    let connections = ConnectionPool()

    init(seed: UInt64) { state = Mutex(State(random: SplitMix64(state: seed))) }

    // MARK: Hooks

    var hooks: [Hook] { state.withLock(\.hooks) }

    /// Makes a hook, or gives the one that is there another target. An empty address removes it.
    func setHook(app: Int64?, url: String, secret: String, now: Int64) {
        state.withLock { state in
            if let index = state.hooks.firstIndex(where: { $0.app == app }) {
                if url.isEmpty {
                    state.hooks.remove(at: index)
                } else {
                    (state.hooks[index].url, state.hooks[index].secret) = (url, secret)
                }
            } else if !url.isEmpty {
                state.lastHook += 1
                state.hooks.append(
                    Hook(id: state.lastHook, app: app, url: url, secret: secret, createdAtSeconds: now))
            }
        }
    }

    func hook(_ id: Int64) -> Hook? { state.withLock { $0.hooks.first { $0.id == id } } }

    func setFaults(_ faults: WebhookFaults) { state.withLock { $0.faults = faults } }

    // MARK: Deliveries

    /// Records an event for a hook and lets it go, or astray.
    func post(_ draft: WebhookDelivery) {
        state.withLock { state in
            if state.isClosed { return }
            var delivery = draft
            delivery.id = Self.firstDelivery + Int64(state.deliveries.count)
            delivery.guid = Self.guid(&state.random)
            let chance = Double.random(in: 0..<1, using: &state.random)
            let faults = state.faults
            let bounds: [(Double, WebhookDelivery.Mishap)] = [
                (faults.lost, .lost), (faults.withheld, .withheld), (faults.repeated, .repeated),
                (faults.reordered, .reordered),
            ]
            var bound = 0.0
            for (probability, mishap) in bounds where delivery.mishap == nil {
                bound += probability
                if chance < bound { delivery.mishap = mishap }
            }
            if delivery.mishap == .lost { (delivery.statusCode, delivery.status) = (502, "failed to connect to host") }
            if delivery.mishap == .withheld {
                state.withheld += 1
            } else {
                state.deliveries.append(delivery)
            }
            switch delivery.mishap {
            case .lost, .withheld: break
            case .repeated: state.queue += [delivery.id, delivery.id]
            case .reordered:
                state.held.append(Held(delivery: delivery.id, remaining: faults.reorderDistance))
                return
            case nil: state.queue.append(delivery.id)
            }
            for index in state.held.indices { state.held[index].remaining -= 1 }
            state.queue += state.held.filter { $0.remaining <= 0 }.map(\.delivery)
            state.held.removeAll { $0.remaining <= 0 }
        }
    }

    /// Sends an event again, under its old guid.
    /// - Returns: whether there is such a delivery.
    func redeliver(_ id: Int64, now: Int64) -> Bool {
        state.withLock { state in
            guard let old = Self.delivery(id, in: state.deliveries) else { return false }
            var new = WebhookDelivery(
                id: Self.firstDelivery + Int64(state.deliveries.count), guid: old.guid, event: old.event,
                action: old.action, installationID: old.installationID, repositoryID: old.repositoryID,
                deliveredAtMilliseconds: now, payload: old.payload, hook: old.hook)
            new.isRedelivery = true
            state.deliveries.append(new)
            state.queue.append(new.id)
            return true
        }
    }

    var deliveries: [WebhookDelivery] { state.withLock(\.deliveries) }

    /// How many were withheld: the log does not know them.
    var withheldCount: Int { state.withLock(\.withheld) }

    func delivery(_ id: Int64) -> WebhookDelivery? { state.withLock { Self.delivery(id, in: $0.deliveries) } }

    func change(_ id: Int64, _ body: (inout WebhookDelivery) -> Void) {
        state.withLock { state in
            let index = Int(id - Self.firstDelivery)
            if state.deliveries.indices.contains(index) { body(&state.deliveries[index]) }
        }
    }

    private static func delivery(_ id: Int64, in deliveries: [WebhookDelivery]) -> WebhookDelivery? {
        let index = Int(clamping: id - firstDelivery)
        return deliveries.indices.contains(index) ? deliveries[index] : nil
    }

    private static func guid(_ random: inout SplitMix64) -> String {
        let digits = withUnsafeBytes(of: (random.next(), random.next())) { [UInt8]($0) }.hexadecimal
        var (text, rest) = ("", digits[...])
        for count in [8, 4, 4, 4, 12] {
            text += (text.isEmpty ? "" : "-") + rest.prefix(count)
            rest = rest.dropFirst(count)
        }
        return text
    }

    // MARK: Sending

    /// What to send next; whoever takes it tells `finished`.
    func take() -> Int64? {
        state.withLock { state in
            guard state.queueStart < state.queue.count else { return nil }
            state.running += 1
            let next = state.queue[state.queueStart]
            state.queueStart += 1
            if state.queueStart == Self.queueChunk {
                state.queue.removeFirst(Self.queueChunk)
                state.queueStart = 0
            }
            return next
        }
    }

    func finished() { state.withLock { $0.running -= 1 } }

    /// Lets those go that have been held back for so long at least.
    func releaseHeld(for time: Duration = .zero) {
        let due = ContinuousClock.now - time
        state.withLock { state in
            state.queue += state.held.filter { $0.since <= due }.map(\.delivery)
            state.held.removeAll { $0.since <= due }
        }
    }

    var isIdle: Bool { state.withLock { $0.queueStart == $0.queue.count && $0.running == 0 } }

    func close() {
        state.withLock { $0.isClosed = true }
        connections.close()
    }
}
