/// Where a request comes from in somebody's distributed trace (W3C Trace Context, section 3.2).
public struct TraceContext: Sendable, Equatable {
    /// That of the request which the present task works for; nil: of none, or of one that told none.
    @TaskLocal public static var current: TraceContext?

    /// 32 hex digits, not all of them 0.
    public let trace: String
    /// 16 hex digits, not all of them 0: the sender's own part.
    public let parent: String
    public let isSampled: Bool

    /// Reads `00-<trace>-<parent>-<flags>`; nil for anything else, which is then as if it were not there.
    public init?(_ header: String) {
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
    public var header: String { "00-\(trace)-\(parent)-\(isSampled ? "01" : "00")" }

    /// What is sent along with each request to a source: the trace as it came, since no spans of its own are reported from here.
    public static var headers: [(name: String, value: String)] {
        current.map { [("traceparent", $0.header)] } ?? []
    }

    private static func isHex(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    private static func isID(_ text: Substring) -> Bool { isHex(text) && text.utf8.contains { $0 != 48 } }
}
