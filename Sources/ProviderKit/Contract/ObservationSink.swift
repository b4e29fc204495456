public import Events

/// Takes what a provider observes. One sync owns it; a provider calls it from one task at a time.
public protocol ObservationSink: Sendable {
    /// Content was fetched in this way. How long it took is the sink's to say.
    func fetched(_ report: FetchCompleted) async throws

    /// One way of fetching failed, and another one is tried.
    func fetchFailed(_ mode: FetchMode, _ error: ProviderError) async throws

    /// Whether the content has to be handed over: it is not stored yet where this source's content belongs.
    func needs(_ hash: SHA1Hash) async throws -> Bool

    /// Stores one content.
    ///
    /// - Parameters:
    ///   - content: id as the source names it, size in bytes, and a path at which it occurs, which helps to tell its type.
    ///   - produce: calls its argument with the content, piece by piece. Called once, or not at all.
    /// - Returns: what became of it; a provider goes on in each case but `mismatched`, which it has to answer for.
    func store(
        _ content: ContentDescription, _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome

    /// Takes a content ahead of its turn, while it is being received: what is known to be needed later need not be read
    /// twice. Nothing is recorded of it, and nothing follows from it, until ``store(_:_:)`` names it.
    func prepare(_ content: UnsafeRawBufferPointer) throws

    /// Whether ``prepare(_:)`` took the content: then ``store(_:_:)`` does not call for it again.
    func isPrepared(_ hash: SHA1Hash) -> Bool

    /// Stores the content that a pointer kept in its place stands for (Git LFS), and records which pointer that is.
    ///
    /// - Parameters:
    ///   - pointer: the id of the pointer, which is what the item names.
    ///   - content: the SHA-256 and size in bytes that the pointer tells.
    func storeLargeFile(
        pointer: SHA1Hash, contentHash: SHA256Hash, size: UInt64, path: [UInt8],
        _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome

    /// Everything below these directories is as it was at the checkpoint, so no item comes from there. Said once, before
    /// the first item, and only where the known content is ``KnownContent/isExact``.
    ///
    /// - Parameter directories: without a slash at the end, none below another one, in the order of the paths of the
    ///   items in them.
    func unchanged(below directories: [[UInt8]]) async throws

    /// One item of the source. They come in the order of their paths' bytes, each path once.
    func item(_ item: ObservedItem) async throws

    /// So many bytes of content may come, about. Said early, where it is known: what is little is packed harder.
    func expect(about byteCount: UInt64)

    /// Somebody watches, so that finding out how much there is in all is worth a look ahead.
    var wantsTotals: Bool { get }

    /// How far reading has come. Cheap; said as often as there is something new to say.
    func reading(_ progress: ReadingProgress)
}

/// How far a provider has come with reading a source.
public struct ReadingProgress: Sendable, Equatable {
    public enum Unit: Sendable {
        /// What a server sends, as it counts it.
        case objects
        /// Contents that have to be stored.
        case contents
        /// Files, directories' entries.
        case items
    }

    public var unit: Unit
    public var done: UInt64
    /// How many there are; nil where the source has not said it.
    public var total: UInt64?
    /// Bytes received or read so far, and in all where that is known.
    public var bytes: UInt64
    public var totalBytes: UInt64?

    public init(_ unit: Unit, done: UInt64, of total: UInt64?, bytes: UInt64 = 0, of totalBytes: UInt64? = nil) {
        self.unit = unit
        self.done = done
        self.total = total
        self.bytes = bytes
        self.totalBytes = totalBytes
    }
}

/// A sink that takes everything in its turn.
extension ObservationSink {
    public func prepare(_ content: UnsafeRawBufferPointer) throws {}

    public func isPrepared(_ hash: SHA1Hash) -> Bool { false }

    public func expect(about byteCount: UInt64) {}

    public var wantsTotals: Bool { false }

    public func reading(_ progress: ReadingProgress) {}

    public func unchanged(below directories: [[UInt8]]) async throws {
        throw ProviderError.permanent(.unsupported, "every item has to be named here")
    }

    public func storeLargeFile(
        pointer: SHA1Hash, contentHash: SHA256Hash, size: UInt64, path: [UInt8],
        _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome {
        throw ProviderError.permanent(.unsupported, "large files are not taken here")
    }
}

/// One content that is about to be stored.
public struct ContentDescription: Sendable {
    public var hash: SHA1Hash
    public var size: UInt64
    public var path: [UInt8]
    /// The hash was computed from the very bytes that are handed over, in this process: it need not be computed again.
    public var isHashed: Bool

    public init(hash: SHA1Hash, size: UInt64, path: [UInt8], isHashed: Bool = false) {
        self.hash = hash
        self.size = size
        self.path = path
        self.isHashed = isHashed
    }
}

/// What became of a content that was handed over.
public enum StoreOutcome: Sendable, Equatable {
    case stored
    /// It was there already.
    case present
    /// The bytes have another id than was said. Nothing was stored.
    case mismatched
    /// Other content is kept under that id. Nothing was stored; the refusal is recorded.
    case refused
}

/// One item of a source: the original contract's metadata, as far as the source knows them.
public struct ObservedItem: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        /// A file, an executable or a symbolic link, whose content the sink has. The size in bytes, if it is known.
        case blob(mode: UInt32, hash: SHA1Hash, size: UInt64?)
        /// A commit of another repository.
        case submodule(hash: SHA1Hash)
        /// There, and not taken. A directory stands for all below it, and its path ends in a slash. A hash of zeros: not
        /// part of the source's tree.
        case skipped(mode: UInt32, hash: SHA1Hash, size: UInt64, reason: SkipReason)
    }

    /// Bytes, `/` between names.
    public var path: [UInt8]
    public var content: Content

    public init(path: [UInt8], content: Content) {
        self.path = path
        self.content = content
    }
}

/// What is there from before.
public protocol KnownContent: Sendable {
    /// What the last completed sync of this source left behind.
    var checkpoint: Checkpoint? { get }

    /// Whether there is any content at all where this source's content belongs.
    var isEmpty: Bool { get throws }

    /// Everything is to be read again, whatever is known.
    var isDistrusted: Bool { get }

    /// Nothing was recorded of this source since the checkpoint, so that what is said to be unchanged need not be looked at.
    var isExact: Bool { get }

    /// The items at the checkpoint in the order of their paths' bytes, from the first that is not before `path`, until
    /// `body` says false.
    func forEachItem(from path: [UInt8], _ body: (ObservedItem) throws -> Bool) throws

    /// The size in bytes of a content that is stored where this source's content belongs; nil where it is not.
    func size(of hash: SHA1Hash) throws -> UInt64?

    /// A stored content of at most `limit` bytes, whole, as the base of a difference; nil where it is not there.
    func content(of hash: SHA1Hash, atMost limit: Int) throws -> [UInt8]?
}

extension KnownContent {
    public var isExact: Bool { false }

    /// All items at the checkpoint, in the order of their paths' bytes.
    public func forEachItem(_ body: (ObservedItem) throws -> Void) throws {
        try forEachItem(from: []) { item in
            try body(item)
            return true
        }
    }
}
