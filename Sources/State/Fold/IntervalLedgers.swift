import Events
import Projections

/// The digests where the log is divided into intervals: what they gain and lose in each.
struct IntervalLedgers {
    private(set) var ledgers: [DigestLedger]

    /// - Parameter intervalCount: at most 65,536.
    init(_ first: DigestLedger = DigestLedger(), intervalCount: Int = 1) {
        ledgers = [first]
        ledgers += [DigestLedger](repeating: DigestLedger(), count: intervalCount - 1)
    }

    /// A row stands from the end of one interval to that of another; the same one means: from there on.
    @inline(__always)
    mutating func enter(
        _ hash: SHA256Hash, projection: Int, tenant: TenantID, from: UInt16, to: UInt16, isRemoval: Bool
    ) {
        if isRemoval {
            ledgers[Int(from)].subtract(hash, projection: projection, tenant: tenant)
        } else {
            ledgers[Int(from)].add(hash, projection: projection, tenant: tenant)
        }
        if to != from { ledgers[Int(to)].subtract(hash, projection: projection, tenant: tenant) }
    }

    /// Adds what another thread has counted.
    mutating func add(_ other: inout IntervalLedgers) {
        for index in ledgers.indices { ledgers[index].add(&other.ledgers[index]) }
    }

    /// The changes since this was last asked, of a log that is not divided.
    mutating func takeChanges() -> [(key: DigestLedger.Key, sum: DigestSum)] { ledgers[0].takeChanges() }

    /// The digests at the end of each interval, and the sums at the end of the last one.
    mutating func takeTotals() -> (digests: [[DigestEntry]], sums: [(key: DigestLedger.Key, sum: DigestSum)]) {
        var total = DigestLedger()
        var digests: [[DigestEntry]] = []
        for index in ledgers.indices {
            total.add(&ledgers[index])
            digests.append(total.digestEntries())
        }
        return (digests, total.entries())
    }
}
