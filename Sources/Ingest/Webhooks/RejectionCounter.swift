import EventLog
import Events
import Synchronization

/// Counts what was refused, so that a flood of it costs the log nothing.
final class RejectionCounter: Sendable {
    private struct Key: Hashable {
        let provider: String
        let reason: RejectionReason
    }

    private struct Count {
        var count: UInt64 = 0
        var since: Timestamp
        /// When what was counted before was recorded.
        var recordedAt: Timestamp?
    }

    private let counts = Mutex<[Key: Count]>([:])

    /// Seconds between two events of one reason.
    static let intervalSeconds = 60.0
    /// Providers whose refusals are counted apart; a route names them, so there are few.
    static let maximumKeyCount = 256

    /// Counts one.
    ///
    /// - Returns: what is to be recorded now.
    func count(_ reason: RejectionReason, provider: String, at now: Timestamp) -> WebhookRejected? {
        counts.withLock { counts in
            let key = Key(provider: provider, reason: reason)
            guard counts[key] != nil || counts.count < Self.maximumKeyCount else { return nil }
            var count = counts[key] ?? Count(since: now)
            if count.count == 0 { count.since = now }
            count.count += 1
            let event = Self.take(key, &count, at: now)
            counts[key] = count
            return event
        }
    }

    /// What was counted and is due to be recorded.
    func takeDue(at now: Timestamp) -> [WebhookRejected] {
        counts.withLock { counts in
            counts.keys.sorted { ($0.provider, $0.reason.rawValue) < ($1.provider, $1.reason.rawValue) }
                .compactMap { key in
                    guard var count = counts[key], count.count > 0 else { return nil }
                    defer { counts[key] = count }
                    return Self.take(key, &count, at: now)
                }
        }
    }

    private static func take(_ key: Key, _ count: inout Count, at now: Timestamp) -> WebhookRejected? {
        if let recordedAt = count.recordedAt, now < recordedAt.adding(seconds: intervalSeconds) { return nil }
        let event = WebhookRejected(
            provider: key.provider, reason: key.reason, count: count.count, since: count.since)
        count.recordedAt = now
        count.count = 0
        return event
    }
}

extension Engine {
    /// Counts a request that was refused. At most one event a minute and reason says how many there were.
    public func reject(_ rejection: WebhookRejection, provider: String) async throws {
        let now = clock()
        guard let event = rejections.count(rejection.reason, provider: provider, at: now) else { return }
        _ = try await writer.append([EventDraft(.webhookRejected(event), tenant: .none)], at: now)
    }

    /// Records what was counted since the last such event, where a minute has passed.
    func recordRejections() async throws {
        let now = clock()
        let drafts = rejections.takeDue(at: now).map { EventDraft(.webhookRejected($0), tenant: .none) }
        if !drafts.isEmpty { _ = try await writer.append(drafts, at: now) }
    }
}

extension WebhookRejection {
    fileprivate var reason: RejectionReason {
        switch self {
        case .missingSignature: .missingSignature
        case .wrongSignature: .wrongSignature
        case .notConfigured: .notConfigured
        case .malformed: .malformed
        case .tooLarge: .tooLarge
        case .wrongContentType: .wrongContentType
        case .tooSlow: .tooSlow
        }
    }
}
