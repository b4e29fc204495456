public import Events

/// SHA-256 of some bytes. Handed in, so that folds depend on no library for keys that have to be shortened.
public typealias SHA256Function = (_ bytes: [UInt8]) -> SHA256Hash

/// A keyed fold of the log: each event is routed to keys of tables with a delta, and a row is the fold of the deltas of its key
/// in the order of the log. So rows can be kept up to date event by event, and built in bulk by sorting the deltas by key; both
/// give the same bytes.
///
/// Pure: all that a row depends on comes from the events. No clock, no randomness, no order of a dictionary.
///
/// Every row but those of ``Table/Rule/sum`` tables begins with its tenant, four bytes big-endian; that of what belongs to a
/// domain with the number of the domain.
public protocol Projection: Sendable {
    /// The name in digests and in the state's description of itself.
    static var name: String { get }
    /// Counted up when its rows or its routes change, so that a state of another version is built anew.
    static var version: UInt32 { get }
    /// From this version on rows can still be read and folded on, though they may say something else: then a state of such a
    /// version serves until it has been built anew. This version alone, unless the projection says otherwise.
    static var rowsReadableSince: UInt32 { get }
    static var tables: [Table] { get }

    /// Writes the deltas of one event.
    static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas)

    /// Applies a delta to a row of a ``Table/Rule/reduce`` table.
    ///
    /// - Throws: `DecodingFailure` where the row is damaged.
    static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure)

    /// Writes what other tables say of a row. It is undone with ``Derivation/isRemoval`` set.
    static func derive(_ table: Table, key: RawSpan, row: RawSpan, into derivation: inout Derivation)
        throws(DecodingFailure)

    /// Writes what of a row is digested. Never sealed plaintext, so that digests outlive the erasure of a tenant.
    static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm)
}

extension Projection {
    public static var rowsReadableSince: UInt32 { version }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {}

    public static func derive(
        _ table: Table, key: RawSpan, row: RawSpan, into derivation: inout Derivation
    ) throws(DecodingFailure) {}

    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        form.write(key: key, row: row)
    }
}

/// A row while deltas are applied to it. Reused, so that folding allocates nothing a row.
public struct RowBuffer {
    /// The row, if it is there.
    public var bytes: [UInt8] = []
    public var isPresent = false

    public init() {}

    /// Loads the row as it is stored, or its absence.
    public mutating func load(_ stored: RawSpan?) {
        bytes.removeAll(keepingCapacity: true)
        isPresent = false
        if let stored {
            stored.withUnsafeBytes { bytes.append(contentsOf: $0) }
            isPresent = true
        }
    }

    /// Replaces the row.
    public mutating func set(_ row: [UInt8]) {
        bytes = row
        isPresent = true
    }

    public mutating func remove() {
        bytes.removeAll(keepingCapacity: true)
        isPresent = false
    }
}
