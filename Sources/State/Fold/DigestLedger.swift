import Events
import Projections

/// The running digests of all projections and tenants, and which of them changed since they were stored.
struct DigestLedger {
    struct Key: Hashable, Comparable {
        /// In `AllProjections.list`.
        let projection: UInt8
        let tenant: UInt32

        static func < (left: Self, right: Self) -> Bool {
            (left.projection, left.tenant) < (right.projection, right.tenant)
        }

        /// The key in the database.
        var bytes: [UInt8] {
            var bytes = [projection]
            bytes.append(bigEndian: tenant)
            return bytes
        }
    }

    private var sums: [Key: DigestSum] = [:]
    private(set) var changed: Set<Key> = []
    // Rows come in runs of one projection and tenant: the sum of the run is kept aside.
    private var current: Key?
    private var currentSum = DigestSum()

    init() {}

    init(stored: [Key: DigestSum]) { sums = stored }

    @inline(__always)
    private mutating func select(_ key: Key) {
        guard current != key else { return }
        settle()
        current = key
        currentSum = sums[key] ?? DigestSum()
        changed.insert(key)
    }

    private mutating func settle() {
        if let current { sums[current] = currentSum }
        current = nil
    }

    @inline(__always)
    mutating func add(_ hash: SHA256Hash, projection: Int, tenant: TenantID) {
        select(Key(projection: UInt8(projection), tenant: tenant.rawValue))
        currentSum.add(hash)
    }

    @inline(__always)
    mutating func subtract(_ hash: SHA256Hash, projection: Int, tenant: TenantID) {
        select(Key(projection: UInt8(projection), tenant: tenant.rawValue))
        currentSum.subtract(hash)
    }

    /// Adds the sums of another one.
    mutating func add(_ other: inout DigestLedger) {
        settle()
        other.settle()
        for (key, sum) in other.sums {
            sums[key, default: DigestSum()].add(sum.hash)
            changed.insert(key)
        }
    }

    /// All sums, those of no rows left out, in the order of their keys.
    mutating func entries() -> [(key: Key, sum: DigestSum)] {
        settle()
        return sums.filter { !$0.value.isZero }.map { (key: $0.key, sum: $0.value) }.sorted { $0.key < $1.key }
    }

    /// What changed since this was last asked, in the order of the keys.
    mutating func takeChanges() -> [(key: Key, sum: DigestSum)] {
        settle()
        defer { changed.removeAll(keepingCapacity: true) }
        return changed.sorted().map { (key: $0, sum: sums[$0] ?? DigestSum()) }
    }
}
