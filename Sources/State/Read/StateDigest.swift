import EventLog
public import Events
import Projections

/// The digest of one projection for one tenant, or for a domain's number.
public struct DigestEntry: Sendable, Hashable {
    public let projection: String
    public let tenant: TenantID
    public let digest: SHA256Hash

    public init(projection: String, tenant: TenantID, digest: SHA256Hash) {
        self.projection = projection
        self.tenant = tenant
        self.digest = digest
    }
}

/// A projection of a tenant.
public struct DigestPart: Sendable, Hashable {
    public let projection: String
    public let tenant: TenantID
}

extension [DigestEntry] {
    /// Where it differs from `other`, in the order of names and tenants.
    public func differences(from other: [DigestEntry]) -> [DigestPart] {
        let entries = Set(self).symmetricDifference(other)
        let parts = Set(entries.map { DigestPart(projection: $0.projection, tenant: $0.tenant) })
        return parts.sorted { ($0.projection, $0.tenant) < ($1.projection, $1.tenant) }
    }

    /// One digest a projection, over all tenants, as they are recorded in the log.
    public var parts: [StateDigest.Part] {
        AllProjections.list.map { projection in
            var hasher = SHA256Hasher()
            for entry in filter({ $0.projection == projection.name }).sorted(by: { $0.tenant < $1.tenant }) {
                var bytes: [UInt8] = []
                bytes.append(bigEndian: entry.tenant.rawValue)
                bytes.append(entry.digest)
                hasher.update(bytes)
            }
            return StateDigest.Part(
                projection: projection.name, version: projection.version, digest: hasher.finish())
        }
    }

    /// The state's digest: SHA-256 over the entries, sorted by name and tenant, each as the name, 0, the tenant (four bytes
    /// big-endian) and the digest.
    public var stateDigest: SHA256Hash {
        var hasher = SHA256Hasher()
        for entry in sorted(by: { ($0.projection, $0.tenant) < ($1.projection, $1.tenant) }) {
            var bytes = [UInt8](entry.projection.utf8)
            bytes.append(0)
            bytes.append(bigEndian: entry.tenant.rawValue)
            bytes.append(entry.digest)
            hasher.update(bytes)
        }
        return hasher.finish()
    }
}

extension DigestLedger {
    /// As it is shown.
    mutating func digestEntries() -> [DigestEntry] {
        entries().map { entry in
            DigestEntry(
                projection: AllProjections.list[Int(entry.key.projection)].name, tenant: TenantID(entry.key.tenant),
                digest: entry.sum.hash)
        }
    }
}
