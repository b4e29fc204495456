/// A pattern with the meaning of Git's `wildmatch`: `*` and `?` stop at a slash, `**` between slashes crosses them,
/// classes with ranges and POSIX names, backslash escapes. Bytes, not characters.
///
/// All positions that the text may have reached are tracked at once, as bits, so the work is (length of the text) ×
/// (length of the pattern ÷ 64) whatever the pattern is.
public struct Wildmatch: Sendable {
    /// For each byte, the positions that take it and move on.
    private let moves: [UInt64]
    /// Positions that may be passed without taking anything; and those that may be together with the two behind them.
    private let skipOne: [UInt64]
    private let skipThree: [UInt64]
    /// Positions that take bytes and stay: any but a slash, and a slash.
    private let stayOnName: [UInt64]
    private let stayOnSlash: [UInt64]
    private let wordCount: Int
    private let end: Int
    let neverMatches: Bool

    /// - Parameters:
    ///   - ignoresCase: ASCII letters of either case are alike.
    ///   - starCrossesSlash: `*`, `?` and classes take slashes too.
    public init(_ pattern: [UInt8], ignoresCase: Bool = false, starCrossesSlash: Bool = false) {
        let parsed = WildmatchParser.tokens(
            of: pattern, ignoresCase: ignoresCase, starCrossesSlash: starCrossesSlash)
        let tokens = parsed ?? []
        neverMatches = parsed == nil
        // `**/` takes three positions: the choice to leave it out, any bytes, the slash.
        end = tokens.reduce(0) { $0 + ($1 == .directories ? 3 : 1) }
        wordCount = end / 64 + 1
        let count = wordCount
        var moves = [UInt64](repeating: 0, count: 256 * count)
        var skipOne = [UInt64](repeating: 0, count: count)
        var skipThree = skipOne
        var stayOnName = skipOne
        var stayOnSlash = skipOne
        var position = 0
        func mark(_ set: inout [UInt64]) { set[position / 64] |= 1 << UInt64(position % 64) }
        for token in tokens {
            if token == .directories {
                mark(&skipOne)
                mark(&skipThree)
                position += 1
            }
            switch token {
            case .byte(let set):
                let bit: UInt64 = 1 << UInt64(position % 64)
                for byte in UInt8.min ... .max where set.contains(byte) {
                    moves[Int(byte) * count + position / 64] |= bit
                }
            case .star, .anything, .directories:
                mark(&skipOne)
                mark(&stayOnName)
                if token != .star { mark(&stayOnSlash) }
            }
            position += 1
            if token == .directories {
                moves[Int(UInt8(ascii: "/")) * count + position / 64] |= 1 << UInt64(position % 64)
                position += 1
            }
        }
        self.moves = moves
        self.skipOne = skipOne
        self.skipThree = skipThree
        self.stayOnName = stayOnName
        self.stayOnSlash = stayOnSlash
    }

    /// Whether the whole text matches.
    public func matches(_ text: some Sequence<UInt8>) -> Bool {
        var run = Run(self)
        for byte in text {
            run.take(byte)
            if run.isDead { return false }
        }
        return run.isMatch
    }

    /// A text being read. What was taken so far may be asked about at any point.
    struct Run {
        private let pattern: Wildmatch
        /// The first 64 positions stand apart, so that ordinary patterns need no allocation.
        private var first: UInt64 = 0
        private var rest: [UInt64] = []

        init(_ pattern: Wildmatch) {
            self.pattern = pattern
            restart()
        }

        mutating func restart() {
            first = pattern.neverMatches ? 0 : 1
            rest = pattern.wordCount == 1 ? [] : [UInt64](repeating: 0, count: pattern.wordCount - 1)
            skip()
        }

        /// Whether what was taken matches.
        var isMatch: Bool { isReached(pattern.end) }

        /// Whether nothing that begins with what was taken can match.
        var isDead: Bool { first == 0 && rest.allSatisfy { $0 == 0 } }

        /// Whether everything that begins with what was taken matches.
        var isMatchWhateverFollows: Bool {
            let last = pattern.end - 1
            guard last >= 0, pattern.stayOnSlash[last / 64] & (1 << UInt64(last % 64)) != 0 else { return false }
            return isReached(last)
        }

        private func isReached(_ position: Int) -> Bool {
            word(position / 64) & (1 << UInt64(position % 64)) != 0
        }

        private func word(_ index: Int) -> UInt64 { index == 0 ? first : rest[index - 1] }

        private mutating func set(_ index: Int, _ value: UInt64) {
            if index == 0 { first = value } else { rest[index - 1] = value }
        }

        mutating func take(_ byte: UInt8) {
            let isSlash = byte == UInt8(ascii: "/")
            let count = pattern.wordCount
            let row = Int(byte) * count
            var carry: UInt64 = 0
            for index in 0..<count {
                let reached = word(index)
                let moved = reached & pattern.moves[row + index]
                let stay = isSlash ? pattern.stayOnSlash[index] : pattern.stayOnName[index]
                set(index, moved << 1 | carry | reached & stay)
                carry = moved >> 63
            }
            skip()
        }

        /// Adds the positions that are reached without taking a byte.
        private mutating func skip() {
            // Wildcards never stand side by side except one behind `**/`, so a second round is the longest way.
            for _ in 0..<2 {
                var carry: UInt64 = 0
                for index in 0..<pattern.wordCount {
                    let reached = word(index) | carry
                    let one = reached & pattern.skipOne[index]
                    let three = reached & pattern.skipThree[index]
                    set(index, reached | one << 1 | three << 3)
                    carry = one >> 63 | three >> 61
                }
            }
        }
    }
}
