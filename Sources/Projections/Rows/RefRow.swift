public import Events

/// How a push fits what was announced of its ref before.
public enum PushOrder: Sendable, Equatable {
    /// It begins where the last one ended.
    case follows
    /// It is one that an earlier break was missing.
    case late
    /// It begins elsewhere: something in between was missed.
    case breaks
}

/// What webhooks announced of a ref. Its key is ``key(_:_:_:hash:)``.
public struct RefRow: Sendable, Equatable {
    /// The full name.
    public var ref: [UInt8]
    /// The last commit announced; nil where the ref is gone.
    public var commit: SHA1Hash?
    /// Which event announced it, and when.
    public var position: LogPosition
    public var at: Timestamp
    /// Where the announcements have a hole: it was at `expected`, and then at `found`.
    public var hole: Hole?

    public struct Hole: Sendable, Equatable {
        public var expected: SHA1Hash?
        public var found: SHA1Hash?

        public init(expected: SHA1Hash?, found: SHA1Hash?) {
            self.expected = expected
            self.found = found
        }
    }

    public init(ref: [UInt8], commit: SHA1Hash?, position: LogPosition, at: Timestamp, hole: Hole? = nil) {
        self.ref = ref
        self.commit = commit
        self.position = position
        self.at = at
        self.hole = hole
    }

    public func order(of push: AnnouncedRef) -> PushOrder {
        if push.before == commit { return .follows }
        if let hole, push.before == hole.expected || push.after == hole.found { return .late }
        return .breaks
    }

    /// Takes a push in.
    public mutating func announce(_ push: AnnouncedRef, position: LogPosition, at: Timestamp) {
        switch order(of: push) {
        case .late:
            // It makes the hole smaller, from one of its ends, and is not where the ref is now.
            guard var hole else { return }
            let isStart = push.before == hole.expected
            let isEnd = push.after == hole.found
            if isStart { hole.expected = push.after }
            if isEnd { hole.found = push.before }
            self.hole = isStart && isEnd || hole.expected == hole.found ? nil : hole
            return
        case .breaks: hole = Hole(expected: commit, found: push.before)
        case .follows: break
        }
        commit = push.after
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
        commit = try open.optionalSHA1()
        position = try open.position()
        at = try open.timestamp()
        if try open.flag() { hole = Hole(expected: try open.optionalSHA1(), found: try open.optionalSHA1()) }
        try open.end()
        try sealed.end()
    }

    public func encode() -> [UInt8] {
        var open: [UInt8] = []
        var sealed: [UInt8] = []
        sealed.put(string: ref)
        open.put(optional: commit)
        open.put(position)
        open.put(at)
        open.append(hole == nil ? 0 : 1)
        if let hole {
            open.put(optional: hole.expected)
            open.put(optional: hole.found)
        }
        return SplitRow.encode(tenant: .none, open: open, sealed: sealed)
    }
}
