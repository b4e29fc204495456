import EventLog
import Events

/// A chain of events of one repository, each caused by the one before. Says where it began and where it stands.
struct Story: Sendable {
    let tenant: TenantID
    private(set) var domain: Domain
    let repository: RepositoryID
    /// Where it began.
    let correlation: LogPosition
    /// Its latest event.
    private(set) var last: LogPosition

    init(tenant: TenantID, domain: Domain, repository: RepositoryID, correlation: LogPosition, last: LogPosition) {
        self.tenant = tenant
        self.domain = domain
        self.repository = repository
        self.correlation = correlation
        self.last = last
    }

    /// From here on it goes on in another domain.
    mutating func move(to domain: Domain) { self.domain = domain }

    /// An event of another story of the same repository that one of this story causes.
    struct Aside {
        var event: Event
        var correlation: LogPosition
        /// Which of the events that are appended with it causes it.
        var cause: Int
    }

    /// Appends the next events, each caused by the one before it.
    ///
    /// - Parameters:
    ///   - asides: appended behind them.
    ///   - claims: names that have to be free; where one is not, nothing is appended.
    mutating func append(
        _ events: [Event], asides: [Aside] = [], with writer: EventLogWriter, at time: Timestamp, claims: [Claim] = []
    ) async throws {
        guard !events.isEmpty else { return }
        var drafts = events.enumerated().map { index, event in
            EventDraft(
                event, tenant: tenant, domain: domain, repository: .position(LogPosition(repository.rawValue)),
                correlation: .position(correlation), causation: index == 0 ? .position(last) : .back(1))
        }
        drafts += asides.enumerated().map { index, aside in
            EventDraft(
                aside.event, tenant: tenant, domain: domain, repository: .position(LogPosition(repository.rawValue)),
                correlation: .position(aside.correlation), causation: .back(events.count + index - aside.cause))
        }
        guard case .appended(let range) = try await writer.append(drafts, at: time, claims: claims) else { return }
        last = LogPosition(range.upperBound.rawValue - 1 - UInt64(asides.count))
    }
}
