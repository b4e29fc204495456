/// Seals and opens the sealed payloads of records. The log is given one; without it records are written in clear, and sealed
/// payloads stay closed.
public protocol RecordKeys: Sendable {
    /// The key that seals what is a tenant's; made where it is the tenant's first. Durable before this returns.
    ///
    /// - Throws: ``SealingFailure`` where the tenant was erased, or its key is not to be had.
    func sealingKey(of tenant: TenantID) throws -> KeyID

    /// Appends the sealed form of `plaintext` to a record that has its header and clear payload, and nothing behind them.
    /// It is ``RecordHeader/sealOverheadByteCount`` bytes longer than the plaintext.
    ///
    /// - Parameter key: what ``sealingKey(of:)`` gave; the header names it.
    func seal(_ plaintext: [UInt8], with key: KeyID, onto record: inout [UInt8]) throws

    /// The sealed payload of a whole record.
    ///
    /// - Throws: `DecodingFailure` where the key is there and the payload was changed.
    func open(_ record: RawSpan, _ header: RecordHeader) throws(DecodingFailure) -> OpenedPayload

    /// Keys that were destroyed.
    func erasedKeys() throws -> Set<KeyID>

    /// Whether a key is there, and opens.
    func isPresent(_ key: KeyID) throws -> Bool
}

/// What became of a sealed payload.
public enum OpenedPayload: Sendable, Equatable {
    case opened([UInt8])
    /// Its key was destroyed, on purpose.
    case erased
    /// Its key should be there, and is not.
    case keyMissing
}

/// How much of an event is known.
public enum SealState: Sendable, Equatable {
    /// All: it was in clear, or was opened.
    case open
    /// Its sealed part is gone for good: the tenant was erased.
    case erased
    /// Its sealed part cannot be opened, since the key is missing.
    case keyMissing
    /// Its sealed part was left closed: no keys were given.
    case closed

    public var name: String { String(describing: self) }
}

/// Why a payload could not be sealed. It says nothing of what was to be sealed.
public struct SealingFailure: Error, Sendable, CustomStringConvertible {
    /// What went wrong. More may be added.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The tenant was erased, and nothing can be recorded of it any more.
        public static let erased = Code(rawValue: "erased")
        /// The tenant has a key, and it is not to be had.
        public static let keyMissing = Code(rawValue: "keyMissing")
    }

    public let code: Code
    public let tenant: TenantID
    /// What is wrong and what to do about it.
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ tenant: TenantID, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.tenant = tenant
        self.message = message
        self.cause = cause
    }

    public var description: String { "\(message)\(cause.map { ": \($0)" } ?? "")" }
}
