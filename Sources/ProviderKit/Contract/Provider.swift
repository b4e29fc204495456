public import Events

/// One kind of source: a Git server, a directory, GitHub. It turns the outside world into observations. It never appends
/// to the log and never stores: what it sees it hands to an ``ObservationSink``.
public protocol Provider: Sendable {
    /// The word before the colon of a locator: `git`, `dir`.
    var name: String { get }

    /// What this kind of source can do beyond being read whole.
    var capabilities: ProviderCapabilities { get }

    /// The locator in the one form in which it is kept, so that one source is not added twice.
    ///
    /// - Throws: ``ProviderError`` (permanent) that says what a locator of this provider looks like.
    func normalize(_ locator: Locator) throws -> Locator

    /// A conversation with one source. It may hold a connection; it is used by one sync at a time.
    ///
    /// - Throws: ``ProviderError`` for a locator that it cannot take.
    func session(with source: Source) throws -> any ProviderSession

    /// What a source would be read with at this moment, as far as that is known without asking anybody: the names under which
    /// limits are told. Empty where nothing is known.
    func quotas(of tenant: TenantID, for locator: Locator) async throws -> [String]

    /// Until when work would only be told to wait; nil: it may begin. Answered from what was heard before.
    ///
    /// - Parameters:
    ///   - quota: what the source is read with.
    ///   - reason: of the work; some may use what is kept from other work.
    func pause(of quota: String, for reason: SyncReason, at now: Timestamp) -> LimitPause?
}

extension Provider {
    public func quotas(of tenant: TenantID, for locator: Locator) async throws -> [String] { [] }

    public func pause(of quota: String, for reason: SyncReason, at now: Timestamp) -> LimitPause? { nil }
}

/// What a kind of source can do beyond being read whole.
public struct ProviderCapabilities: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Since a checkpoint only what changed is transferred.
    public static let incremental = Self(rawValue: 1)
    /// The source reports its changes by itself (webhooks).
    public static let push = Self(rawValue: 2)
    /// Ids can be listed without content, for a comparison with what is known.
    public static let listsIdentifiers = Self(rawValue: 4)
    /// Content is read from this machine's own disk: no network is waited for.
    public static let local = Self(rawValue: 8)
}

/// A conversation with one source. Calls may block their thread: run them where blocking is allowed.
public protocol ProviderSession: Sendable {
    /// Asks what the source is at now, as cheaply as it can be asked.
    ///
    /// - Parameter checkpoint: what the last completed sync left behind.
    /// - Throws: ``ProviderError``.
    func head(since checkpoint: Checkpoint?) async throws -> SourceHead

    /// Reads the source at `head`: hands over every content that the sink does not have, and then every item there is, in
    /// the order of their paths' bytes. The sink works out what changed and what is gone.
    ///
    /// A sync that was cut is begun again with the same call. What an earlier attempt left in the spool is used.
    ///
    /// - Parameters:
    ///   - head: what ``head(since:)`` answered.
    ///   - known: what is there from before, to fetch and to transfer no more than the difference.
    /// - Throws: ``ProviderError``, and whatever the sink throws.
    func observe(_ head: SourceHead, known: any KnownContent, into sink: any ObservationSink) async throws
        -> Observation

    /// The ids of all contents at `head` with their paths, without the contents.
    ///
    /// - Throws: ``ProviderError``.
    func identifiers(at head: SourceHead, _ body: (_ path: [UInt8], _ hash: SHA1Hash) throws -> Void) async throws

    /// HTTP requests and bytes on the wire so far.
    var traffic: Traffic { get }
}

/// HTTP requests and bytes on the wire.
public struct Traffic: Sendable, Equatable {
    public var requests: UInt64
    public var bytesReceived: UInt64
    public var bytesSent: UInt64

    public init(requests: UInt64 = 0, bytesReceived: UInt64 = 0, bytesSent: UInt64 = 0) {
        self.requests = requests
        self.bytesReceived = bytesReceived
        self.bytesSent = bytesSent
    }

    public static func - (left: Self, right: Self) -> Self {
        Self(
            requests: left.requests - right.requests, bytesReceived: left.bytesReceived - right.bytesReceived,
            bytesSent: left.bytesSent - right.bytesSent)
    }
}
