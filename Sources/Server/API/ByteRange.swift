/// A part of a content that is asked for (RFC 9110, section 14.1.2).
enum ByteRange: Equatable {
    case whole
    case part(Range<Int>)
    /// Nothing of it is there.
    case unsatisfiable

    /// Reads a `Range` header for a content of so many bytes. Other units, several ranges, and what is no range are as if
    /// nothing had been asked for, as the section allows.
    init(_ header: String?, of count: Int) {
        self = .whole
        guard let header else { return }
        let pair = header.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2, pair[0].trimmingWhitespace().lowercased() == "bytes" else { return }
        let ends = pair[1].trimmingWhitespace().split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]) else { return }
        switch (first, last) {
        case (nil, nil): return
        case (nil, let suffix?):
            self = suffix > 0 && count > 0 ? .part(max(0, count - suffix)..<count) : .unsatisfiable
        case (let start?, let end):
            if let end, end < start { return }
            self = start < count ? .part(start..<min(count, (end ?? count - 1) + 1)) : .unsatisfiable
        }
    }

    /// `.some(nil)` for no digits at all; nil for what is no number. One that is too large counts as large.
    private static func number(_ text: Substring) -> Int?? {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        if text.isEmpty { return .some(nil) }
        return .some(Int(text) ?? Int.max - 1)
    }
}
