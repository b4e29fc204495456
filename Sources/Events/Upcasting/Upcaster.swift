/// Makes of the payloads of one version of a kind those of the next one.
///
/// Pure, and permanent like the kind: what it makes of a payload is part of every log that has one. The bytes of a record are
/// never changed; the step is taken whenever it is decoded.
struct Upcaster: Sendable {
    let kind: EventKind
    /// The version that it reads. It writes the one after it.
    let version: UInt16
    /// Both payloads. The sealed one is empty where it cannot be opened, and has to stay so.
    let upcast:
        @Sendable (_ clear: [UInt8], _ sealed: [UInt8]) throws(DecodingFailure) -> (
            clear: [UInt8], sealed: [UInt8]
        )
}

/// All versions of all kinds: each has been written in version 1, and in one more for each upcaster.
struct Upcasters: Sendable {
    /// By kind, from version 1 on.
    private let steps: [EventKind: [Upcaster]]

    /// Those of this program. A kind whose payload changes in another way than by fields that may be missing gets one here.
    static let current = Upcasters([])

    /// - Parameter list: of each kind from version 1 on, without gaps.
    init(_ list: [Upcaster]) {
        steps = Dictionary(grouping: list, by: \.kind).mapValues { $0.sorted { $0.version < $1.version } }
        for (kind, steps) in steps {
            precondition(
                steps.map(\.version) == Array(1...UInt16(steps.count)), "the versions of \(kind.name) have a gap")
        }
    }

    /// The version in which events of a kind are written.
    func currentVersion(of kind: EventKind) -> UInt16 {
        // Asked for each record that is read.
        steps.isEmpty ? 1 : 1 + UInt16(steps[kind]?.count ?? 0)
    }

    /// The payloads as the current version has them.
    func raise(
        _ kind: EventKind, version: UInt16, clear: RawSpan, sealed: RawSpan
    ) throws(DecodingFailure) -> (clear: [UInt8], sealed: [UInt8]) {
        var payloads = (clear: clear.withUnsafeBytes { Array($0) }, sealed: sealed.withUnsafeBytes { Array($0) })
        for step in (steps[kind] ?? []).dropFirst(Int(version) - 1) {
            payloads = try step.upcast(payloads.clear, payloads.sealed)
        }
        return payloads
    }
}

extension EventKind {
    /// The kind that a record names.
    ///
    /// - Throws: `DecodingFailure` where this program does not know it, or not in that version.
    init(stored rawValue: RawValue, version: UInt16, _ upcasters: Upcasters) throws(DecodingFailure) {
        guard let kind = EventKind(rawValue: rawValue) else {
            throw DecodingFailure(
                "event kind \(rawValue) is unknown to this version: use a newer one to read this log")
        }
        guard version >= 1, version <= upcasters.currentVersion(of: kind) else {
            throw DecodingFailure("version \(version) of \(kind.name) is unknown to this version")
        }
        self = kind
    }
}

extension RecordHeader {
    /// Whether this program could decode a payload of this kind and version, without doing so.
    ///
    /// - Throws: `DecodingFailure` where it does not know it.
    public func checkKind() throws(DecodingFailure) { _ = try EventKind(stored: kind, version: version, .current) }
}
