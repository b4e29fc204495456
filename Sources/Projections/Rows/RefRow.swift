public import Events

/// What webhooks announced of a ref. Its key is ``key(_:_:_:hash:)``.
public struct RefRow: Sendable, Equatable {
    /// The full name.
    public var ref: [UInt8]
    /// Which event announced where it is, and when.
    public var position: LogPosition
    public var at: Timestamp
    /// The moves that were announced.
    public var chain: PushChain

    public init(ref: [UInt8], chain: PushChain, position: LogPosition, at: Timestamp) {
        self.ref = ref
        self.chain = chain
        self.position = position
        self.at = at
    }

    /// The last commit announced; nil where the ref is gone.
    public var commit: SHA1Hash? { chain.commit }

    public func order(of push: AnnouncedRef) -> PushOrder {
        var chain = chain
        return chain.take(before: push.before, after: push.after)
    }

    /// Takes a push in.
    public mutating func announce(_ push: AnnouncedRef, position: LogPosition, at: Timestamp) {
        let before = commit
        let order = chain.take(before: push.before, after: push.after)
        guard order == .follows || commit != before else { return }
        self.position = position
        self.at = at
    }

    /// Length of a ref's name that fits a key.
    static let maximumRefByteCount = 300

    /// The provider, its number of the repository, the ref.
    public static func key(
        _ provider: String, _ externalID: UInt64, _ ref: [UInt8], hash: SHA256Function
    ) -> [UInt8] {
        var key = scope(provider, externalID)
        if ref.count > maximumRefByteCount {
            key += ref.prefix(maximumRefByteCount)
            key.append(0)
            key.put(hash(ref))
        } else {
            key += ref
        }
        return key
    }

    /// What the keys of a repository's refs begin with.
    public static func scope(_ provider: String, _ externalID: UInt64) -> [UInt8] {
        RepositoryRow.externalKey(provider, externalID)
    }

    public init(decoding row: RawSpan) throws(DecodingFailure) {
        var open = ByteReader(SplitRow.open(row))
        var sealed = ByteReader(SplitRow.sealed(row))
        ref = try sealed.string()
        position = try open.position()
        at = try open.timestamp()
        let isStartOpen = try open.flag()
        var stretches: [PushChain.Stretch] = []
        for _ in 0..<(try open.byte()) {
            stretches.append(PushChain.Stretch(start: try open.optionalSHA1(), end: try open.optionalSHA1()))
        }
        var recent: [UInt64] = []
        for _ in 0..<(try open.byte()) { recent.append(try open.uint64()) }
        chain = try PushChain(stretches: stretches, isStartOpen: isStartOpen, recent: recent)
        try open.end()
        try sealed.end()
    }

    public func encode() -> [UInt8] {
        var open: [UInt8] = []
        var sealed: [UInt8] = []
        sealed.put(string: ref)
        open.put(position)
        open.put(at)
        open.append(chain.isStartOpen ? 1 : 0)
        // Both are limited below a byte.
        open.append(UInt8(chain.stretches.count))
        for stretch in chain.stretches {
            open.put(optional: stretch.start)
            open.put(optional: stretch.end)
        }
        open.append(UInt8(chain.recent.count))
        for mark in chain.recent { open.put(mark) }
        return SplitRow.encode(tenant: .none, open: open, sealed: sealed)
    }
}
