public import Events

/// Byte keys of which the log accepts each but once. Made here, so that whoever asks for one and the fold of the event that
/// holds it agree. A row is the tenant (4) and the position of the event that holds it (8).
public enum Claims {
    private static let repository: UInt8 = 1
    private static let tenant: UInt8 = 2
    private static let tenantNumber: UInt8 = 3
    private static let delivery: UInt8 = 4
    /// A longer claim stands for itself by its first bytes and its SHA-256, since LMDB's keys end at 511 bytes.
    static let maximumByteCount = 400

    /// A source may be watched once by a tenant.
    public static func repository(_ tenant: TenantID, _ locator: Locator, hash: SHA256Function) -> [UInt8] {
        var claim = [Self.repository]
        claim.put(tenant.rawValue)
        claim += locator.bytes
        return shortened(claim, hash: hash)
    }

    /// A tenant's name is its own.
    public static func tenant(_ name: String, hash: SHA256Function) -> [UInt8] {
        shortened([Self.tenant] + Array(name.utf8), hash: hash)
    }

    /// And so is its number, for tenants that are added at once.
    public static func tenantNumber(_ id: TenantID) -> [UInt8] {
        var claim = [tenantNumber]
        claim.put(id.rawValue)
        return claim
    }

    /// A report of a provider is taken once, for ever.
    public static func delivery(_ provider: String, _ delivery: String, hash: SHA256Function) -> [UInt8] {
        var claim = [Self.delivery]
        claim.put(text: provider)
        claim += Array(delivery.utf8)
        return shortened(claim, hash: hash)
    }

    /// Whether a claim is made of sealed plaintext.
    static func isSealed(_ claim: RawSpan) -> Bool {
        guard claim.byteCount > 0 else { return false }
        let kind = claim.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
        return kind == repository || kind == tenant
    }

    private static func shortened(_ claim: [UInt8], hash: SHA256Function) -> [UInt8] {
        guard claim.count > maximumByteCount else { return claim }
        return claim.prefix(maximumByteCount) + [0xff] + hash(claim).bytes
    }
}

/// Who holds a claim.
public struct ClaimRow: Sendable, Equatable {
    public var tenant: TenantID
    public var position: LogPosition

    public init(decoding row: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(row)
        tenant = try reader.tenant()
        position = try reader.position()
        try reader.end()
    }
}
