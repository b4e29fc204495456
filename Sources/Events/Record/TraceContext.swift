/// Where a request comes from in somebody's distributed trace (W3C Trace Context, section 3.2).
struct TraceContext: Sendable, Equatable {
    /// 32 hex digits, not all of them 0.
    let trace: String
    /// 16 hex digits, not all of them 0: the sender's own part.
    let parent: String
    let isSampled: Bool

    /// Reads `00-<trace>-<parent>-<flags>`; nil for anything else, which is then as if it were not there.
    init?(_ header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].count == 2, parts[0] != "ff", Self.isHex(parts[0]),
            parts[0] != "00" || parts.count == 4, parts[1].count == 32, Self.isID(parts[1]), parts[2].count == 16,
            Self.isID(parts[2]), parts[3].count == 2, Self.isHex(parts[3]), let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        trace = String(parts[1])
        parent = String(parts[2])
        isSampled = flags & 1 == 1
    }

    /// The header by which it is passed on.
    var header: String { "00-\(trace)-\(parent)-\(isSampled ? "01" : "00")" }

    private static func isHex(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    private static func isID(_ text: Substring) -> Bool { isHex(text) && text.utf8.contains { $0 != 48 } }
}
