public import Events

/// How a push fits what was announced of its ref before.
public enum PushOrder: Sendable, Equatable {
    /// It begins where the ref is.
    case follows
    /// It is one that an earlier break was missing.
    case late
    /// It was announced before.
    case repeated
    /// It begins elsewhere: something in between was missed.
    case breaks
}

/// The pushes to one ref that were announced, put in order: stretches without a break, and between them holes. Pushes come in
/// any order and more than once; each closes the hole that it is missing from, and no other.
///
/// What is over a limit here is forgotten, never taken for something else: a push that comes later than that opens a
/// hole that is none, and the next sync closes the gap. A break is never passed over on that account.
public struct PushChain: Sendable, Equatable {
    /// Pushes that follow from one another: where the first began and the last ended. Nil: the ref did not exist.
    public struct Stretch: Sendable, Equatable {
        public var start: SHA1Hash?
        public var end: SHA1Hash?

        public init(start: SHA1Hash?, end: SHA1Hash?) {
            self.start = start
            self.end = end
        }
    }

    /// Stretches that are kept; the oldest hole beyond is forgotten. With a twentieth of all webhooks lost and asked for
    /// again after some minutes, a branch with a push a second stays below.
    public static let maximumStretchCount = 17
    /// Moves that are remembered, so that one which is told twice (by two hooks, say) is known again.
    public static let maximumRecentCount = 32

    /// The oldest first; never empty. The ref is where the last one ends.
    public private(set) var stretches: [Stretch]
    /// Nothing older than what is remembered can come, so nothing is taken for it.
    private(set) var isStartOpen = true
    /// Marks of the last moves, the newest last.
    private(set) var recent: [UInt64]

    /// Begins with the first push that is announced.
    public init(before: SHA1Hash?, after: SHA1Hash?) {
        stretches = [Stretch(start: before, end: after)]
        recent = [Self.mark(before, after)]
    }

    /// - Throws: `DecodingFailure` where a row holds no stretch.
    init(stretches: [Stretch], isStartOpen: Bool, recent: [UInt64]) throws(DecodingFailure) {
        guard !stretches.isEmpty else { throw DecodingFailure("a ref has no place in its row") }
        self.stretches = stretches
        self.isStartOpen = isStartOpen
        self.recent = recent
    }

    /// The last commit announced; nil where the ref is gone.
    public var commit: SHA1Hash? { stretches.last?.end ?? nil }

    /// Between each two: it was at `start`, and then at `end`.
    public var holes: [Stretch] {
        zip(stretches, stretches.dropFirst()).map { Stretch(start: $0.end, end: $1.start) }
    }

    /// Takes in that the ref moved.
    @discardableResult
    public mutating func take(before: SHA1Hash?, after: SHA1Hash?) -> PushOrder {
        let last = stretches.count - 1
        let end = stretchEnding(at: before)
        let start = stretchStarting(at: after, otherThan: end)
        switch (end, start) {
        case (let end?, let start?):
            // What was believed to be between them was not. That it comes after both is likelier than before.
            stretches[min(end, start)] = Stretch(start: stretches[end].start, end: stretches[start].end)
            stretches.remove(at: max(end, start))
        case (let end?, nil): stretches[end].end = after
        case (nil, let start?): stretches[start].start = before
        case (nil, nil):
            let mark = Self.mark(before, after)
            if recent.contains(mark) { return .repeated }
            stretches.append(Stretch(start: before, end: after))
        }
        joinNeighbours()
        remember(Self.mark(before, after))
        return end == nil && start == nil ? .breaks : end == last ? .follows : .late
    }

    /// A ref may have been gone more than once, so only the last time counts; a commit is rarely come back to.
    private func stretchEnding(at before: SHA1Hash?) -> Int? {
        if commit == before { return stretches.count - 1 }
        return before == nil ? nil : stretches.lastIndex { $0.end == before }
    }

    private func stretchStarting(at after: SHA1Hash?, otherThan end: Int?) -> Int? {
        if after == nil { return nil }
        return stretches.indices.last { index in
            index != end && stretches[index].start == after && (index > 0 || isStartOpen)
        }
    }

    private mutating func joinNeighbours() {
        for index in stretches.indices.dropFirst().reversed()
        where stretches[index - 1].end == stretches[index].start
            || stretches.count > Self.maximumStretchCount && index == 1
        {
            stretches[index - 1].end = stretches[index].end
            stretches.remove(at: index)
        }
    }

    private mutating func remember(_ mark: UInt64) {
        recent.append(mark)
        guard recent.count > Self.maximumRecentCount else { return }
        recent.removeFirst()
        isStartOpen = false
    }

    /// Enough of both ids to tell moves of one ref apart.
    private static func mark(_ before: SHA1Hash?, _ after: SHA1Hash?) -> UInt64 {
        func start(_ hash: SHA1Hash?) -> UInt64 {
            (hash?.bytes.prefix(8) ?? []).reduce(0) { $0 << 8 | UInt64($1) }
        }
        // Spread, so that there and back again are two moves.
        return start(before) &* 0x9E37_79B9_7F4A_7C15 ^ start(after)
    }
}
