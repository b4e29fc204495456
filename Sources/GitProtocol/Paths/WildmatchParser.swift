/// The parts of a wildmatch pattern, one a position.
enum WildmatchToken: Equatable {
    /// Takes one byte out of a set.
    case byte(ByteSet)
    /// Takes any bytes but slashes, or none.
    case star
    /// Takes any bytes, or none.
    case anything
    /// As `anything` with the slash behind it, or neither: `**/` at the start of a segment.
    case directories
}

/// Reads patterns as Git's `wildmatch` does.
struct WildmatchParser {
    private let pattern: [UInt8]
    private let ignoresCase: Bool
    private let starCrossesSlash: Bool
    private var position = 0
    private var tokens: [WildmatchToken] = []

    private init(_ pattern: [UInt8], ignoresCase: Bool, starCrossesSlash: Bool) {
        self.pattern = pattern
        self.ignoresCase = ignoresCase
        self.starCrossesSlash = starCrossesSlash
    }

    /// The tokens; nil where the pattern is such that Git lets it match nothing (a class without end or of an unknown
    /// name, a backslash at the end).
    static func tokens(of pattern: [UInt8], ignoresCase: Bool, starCrossesSlash: Bool) -> [WildmatchToken]? {
        var parser = Self(pattern, ignoresCase: ignoresCase, starCrossesSlash: starCrossesSlash)
        while let byte = parser.take() {
            switch byte {
            case UInt8(ascii: "\\"):
                guard let literal = parser.take() else { return nil }
                parser.append(literal)
            case UInt8(ascii: "?"): parser.tokens.append(.byte(parser.anyByte))
            case UInt8(ascii: "*"): parser.appendStars()
            case UInt8(ascii: "["):
                guard let set = parser.takeClass() else { return nil }
                parser.tokens.append(.byte(set))
            default: parser.append(byte)
            }
        }
        return parser.tokens
    }

    private func byte(at index: Int) -> UInt8? {
        pattern.indices.contains(index) ? pattern[index] : nil
    }

    private mutating func take() -> UInt8? {
        guard let byte = byte(at: position) else { return nil }
        position += 1
        return byte
    }

    private var anyByte: ByteSet {
        var set = ByteSet.all
        if !starCrossesSlash { set.remove(UInt8(ascii: "/")) }
        return set
    }

    private mutating func append(_ literal: UInt8) {
        var set = ByteSet()
        if ignoresCase {
            let wanted = lowercased(literal)
            for byte in UInt8.min ... .max where lowercased(byte) == wanted { set.insert(byte) }
        } else {
            set.insert(literal)
        }
        tokens.append(.byte(set))
    }

    /// One star was taken; takes those behind it.
    private mutating func appendStars() {
        let start = position - 1
        while byte(at: position) == UInt8(ascii: "*") { position += 1 }
        guard !starCrossesSlash else { return appendUnlessLast(.anything) }
        let slash = UInt8(ascii: "/")
        let next = byte(at: position)
        let isWholeSegment =
            (start == 0 || pattern[start - 1] == slash)
            && (next == nil || next == slash || next == UInt8(ascii: "\\") && byte(at: position + 1) == slash)
        guard position - start > 1, isWholeSegment else { return appendUnlessLast(.star) }
        guard next == slash else { return appendUnlessLast(.anything) }
        position += 1
        appendUnlessLast(.directories)
    }

    /// `**/**/` says no more than `**/`.
    private mutating func appendUnlessLast(_ token: WildmatchToken) {
        if tokens.last != token { tokens.append(token) }
    }

    /// The opening bracket was taken; takes the class with its closing one.
    private mutating func takeClass() -> ByteSet? {
        var isNegated = false
        if let first = byte(at: position), first == UInt8(ascii: "!") || first == UInt8(ascii: "^") {
            isNegated = true
            position += 1
        }
        var members = ByteClass(ignoresCase: ignoresCase)
        var previous: UInt8?
        // A closing bracket that comes first is a member.
        repeat {
            guard let byte = take() else { return nil }
            if byte == UInt8(ascii: "-"), let low = previous, let next = self.byte(at: position),
                next != UInt8(ascii: "]")
            {
                guard let high = takeMember() else { return nil }
                members.insert(low, through: high)
                previous = nil
            } else if byte == UInt8(ascii: "["), self.byte(at: position) == UInt8(ascii: ":"),
                let name = takeClassName()
            {
                guard members.insert(named: name) else { return nil }
                previous = nil
            } else {
                position -= 1
                guard let member = takeMember() else { return nil }
                members.insert(member)
                previous = member
            }
            guard position < pattern.count else { return nil }
        } while pattern[position] != UInt8(ascii: "]")
        position += 1
        var set = members.set
        if isNegated { set.invert() }
        if !starCrossesSlash { set.remove(UInt8(ascii: "/")) }
        return set
    }

    private mutating func takeMember() -> UInt8? {
        guard let byte = take() else { return nil }
        return byte == UInt8(ascii: "\\") ? take() : byte
    }

    /// The name in `[:name:]`, of which the first bracket was taken. Nil, and nothing taken, where the next closing
    /// bracket does not end a name: the opening one is an ordinary member then.
    private mutating func takeClassName() -> ArraySlice<UInt8>? {
        let start = position + 1
        guard let end = pattern[start...].firstIndex(of: UInt8(ascii: "]")), end > start,
            pattern[end - 1] == UInt8(ascii: ":")
        else { return nil }
        position = end + 1
        return pattern[start..<(end - 1)]
    }
}
