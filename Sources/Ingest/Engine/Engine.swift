public import EventLog
public import Events
import Projections
public import ProviderKit
public import Silo
public import State

/// The one imperative part of the system: it observes through providers, decides, stores bytes and appends events.
///
/// Clock, disk, network and executor are handed in. It starts no tasks that outlive the call that needed them.
public final class Engine: Sendable {
    let log: EventLog
    let writer: EventLogWriter
    let state: StateStore
    let silo: Silo
    let clock: @Sendable () -> Timestamp
    let options: EngineOptions
    let exclusion = RepositoryExclusion()
    let pins = Pins()
    /// To collect, or look through all shards.
    let collecting = OneAtATime()
    /// To add a source where there may be only so many.
    let adding = OneAtATime()
    let intake = IntakeQueue()
    let rejections = RejectionCounter()
    let pushes = PushHints()
    /// Fired whenever there may be work that was not there before.
    let signal = WakeSignal()
    /// Which requests the work of today works for.
    let traces = TraceLedger()
    private let providers: [any Provider]

    /// - Parameters:
    ///   - log: the one that `writer` writes and `state` follows.
    ///   - clock: the present moment.
    public init(
        log: EventLog, writer: EventLogWriter, state: StateStore, silo: Silo, providers: [any Provider],
        clock: @escaping @Sendable () -> Timestamp, options: EngineOptions
    ) {
        self.log = log
        self.writer = writer
        self.state = state
        self.silo = silo
        self.providers = providers
        self.clock = clock
        self.options = options
    }

    /// The provider that a locator names.
    func provider(named name: String) throws -> any Provider {
        guard let provider = providers.first(where: { $0.name == name }) else {
            let known = providers.map(\.name).joined(separator: ", ")
            throw IngestError(.unknownProvider, "there is no provider \(name): a locator begins with one of \(known)")
        }
        return provider
    }

    /// The locator in the form in which it is kept.
    ///
    /// - Throws: `IngestError`, `ProviderError`.
    public func normalize(_ locator: Locator) throws -> Locator {
        try provider(named: locator.provider).normalize(locator)
    }

    /// Appends that shards are complete.
    func append(sealed shards: [SealedShard], to story: Story?) async throws {
        for shard in shards {
            let draft = EventDraft(
                .shardSealed(ShardSealed(shard)), tenant: shard.domain.owner, domain: shard.domain,
                correlation: story.map { .position($0.correlation) } ?? .itself,
                causation: story.map { .position($0.last) } ?? .none)
            _ = try await writer.append([draft], at: clock())
        }
    }
}
