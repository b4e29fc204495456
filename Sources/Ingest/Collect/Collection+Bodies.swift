import EventLog
import Events
import Projections
import Silo
import State

extension Collection {
    /// Webhooks that are looked at together.
    private static let bodyBatchCount = 65_536

    /// Gives up the bodies of webhooks whose time is over. They are private records: they go at once.
    mutating func releaseBodies() async throws {
        let engine = engine
        let limit = now.adding(seconds: -Double(options.webhookBodyDays) * 86_400)
        while mayGoOn() {
            let end = try engine.log.read { log in try log.position(atOrAfter: limit) }
            let start = try engine.state.read { view in try view.retention() }.map { $0.through + 1 } ?? LogPosition(0)
            let batch = try engine.webhookBodies(start, before: end, limit: Self.bodyBatchCount)
            guard let last = batch.last else { return }
            var wanted = Set(batch.map(\.hash))
            let seen = try engine.keepLater(than: last.position, &wanted)
            if options.isDryRun {
                report.bodiesReleased += UInt64(wanted.count)
                return
            }
            for first in stride(from: 0, to: batch.count, by: BodiesReleased.maximumCount) {
                let part = batch[first..<min(first + BodiesReleased.maximumCount, batch.count)]
                try await release(part, of: wanted, seen: seen)
            }
        }
    }

    private mutating func release(
        _ bodies: ArraySlice<WebhookBody>, of wanted: Set<SHA1Hash>, seen: LogPosition
    ) async throws {
        guard let last = bodies.last else { return }
        let hashes = Set(bodies.map(\.hash)).intersection(wanted).sorted()
        let engine = engine
        let keys = hashes.map { (key: Pins.Key(domain: .webhooks, hash: $0), released: LogPosition(0)) }
        let (count, isOpen) = try await engine.pins.delete(keys) { free -> (Int, Bool) in
            // What came since the others were looked through, and nothing more comes before this is done.
            var wanted = Set(free.map(\.hash))
            _ = try engine.keepLater(than: seen, &wanted)
            var gone: [SHA1Hash] = []
            var byteCount: UInt64 = 0
            for hash in hashes where wanted.contains(hash) {
                guard let body = try engine.silo.contains(hash, in: .webhooks) else { continue }
                gone.append(hash)
                byteCount += UInt64(body.byteCount)
            }
            let isOpen = try engine.isInOpenShard(gone, .webhooks)
            let event = BodiesReleased(through: last.position, hashes: gone, byteCount: byteCount)
            let draft = EventDraft(.bodiesReleased(event), tenant: .none, domain: .webhooks)
            _ = try await engine.writer.append([draft], at: engine.clock())
            if !gone.isEmpty { try engine.silo.forget(gone, in: .webhooks) }
            return (gone.count, isOpen)
        }
        report.bodiesReleased += UInt64(count)
        if isOpen { domainsWithHoles.insert(.webhooks) }
    }
}

/// Which body a webhook had.
struct WebhookBody {
    var position: LogPosition
    var hash: SHA1Hash
}

extension Engine {
    /// The webhooks from a position on, with their bodies.
    func webhookBodies(_ start: LogPosition, before end: LogPosition, limit: Int) throws -> [WebhookBody] {
        guard start < end else { return [] }
        var positions: [LogPosition] = []
        try state.read { view in
            try view.forEachPosition(
                .kind(.webhookReceived), from: start, through: LogPosition(end.rawValue - 1)
            ) { position in
                positions.append(position)
                return positions.count < limit
            }
        }
        return try log.read { log in
            try positions.compactMap { position in
                guard case .webhookReceived(let event) = try log.envelope(at: position)?.event else { return nil }
                return WebhookBody(position: position, hash: event.bodyHash)
            }
        }
    }

    /// Takes out of `hashes` what webhooks after `position` came with.
    ///
    /// - Returns: the last event that was looked at.
    func keepLater(than position: LogPosition, _ hashes: inout Set<SHA1Hash>) throws -> LogPosition {
        let end = LogPosition(try state.read { view in try view.count })
        var next = position + 1
        while next < end, !hashes.isEmpty {
            let page = try webhookBodies(next, before: end, limit: Self.bodyPageCount)
            for body in page { hashes.remove(body.hash) }
            guard let last = page.last else { break }
            next = last.position + 1
        }
        return max(position, LogPosition(max(end.rawValue, 1) - 1))
    }

    private static let bodyPageCount = 4096

    /// Forgets the bodies that were given up and are there all the same.
    ///
    /// - Parameter onlyLast: the last decision alone may not have been carried out.
    func forgetBodies(onlyLast: Bool) throws {
        var decisions: [LogPosition] = []
        try state.read { view in
            try view.forEachPosition(.kind(.bodiesReleased), descending: true) { position in
                decisions.append(position)
                return !onlyLast
            }
        }
        for position in decisions {
            guard case .bodiesReleased(let event) = try log.read({ log in try log.envelope(at: position)?.event })
            else {
                continue
            }
            var there = Set(try event.hashes.filter { try silo.contains($0, in: .webhooks) != nil })
            if there.isEmpty { continue }
            _ = try keepLater(than: event.through, &there)
            if !there.isEmpty { try silo.forget(there.sorted(), in: .webhooks) }
        }
    }
}
