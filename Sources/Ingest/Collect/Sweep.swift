import EventLog
import Events
import Projections
import State

/// Goes through all files that are kept, counts anew how often each content is named, and holds that against the counts of
/// references. Nothing is deleted before the two agree.
///
/// Memory does not grow with the store: contents fall into buckets by the first bytes of their ids, and of each bucket there is
/// the number of references and a sum that depends on which contents they go to. Only buckets that differ are looked at content
/// by content.
struct Sweep {
    private let engine: Engine
    private let mayGoOn: () -> Bool

    private static let bucketCount = 65_536
    /// Differences that are named; there may be more.
    static let maximumDifferences = 100

    init(_ engine: Engine, mayGoOn: @escaping () -> Bool = { true }) {
        self.engine = engine
        self.mayGoOn = mayGoOn
    }

    /// One side of the comparison.
    private struct Tally: Equatable {
        var count: UInt64 = 0
        var sum: UInt64 = 0

        mutating func add(_ domain: Domain, _ hash: SHA1Hash, _ references: UInt64) {
            count &+= references
            sum &+= references &* Self.weight(domain, hash)
        }

        /// A number that looks random and follows from the content (SplitMix64 over 12 bytes of the id, Steele et al. 2014).
        private static func weight(_ domain: Domain, _ hash: SHA1Hash) -> UInt64 {
            hash.withUnsafeBytes { bytes in
                var word = bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self) &+ UInt64(domain.rawValue)
                word ^= bytes.loadUnaligned(fromByteOffset: 12, as: UInt64.self) &* 0x9e37_79b9_7f4a_7c15
                word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
                word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
                return word ^ (word >> 31)
            }
        }
    }

    private static func bucket(_ hash: SHA1Hash) -> Int {
        hash.withUnsafeBytes { Int($0[0]) << 8 | Int($0[1]) }
    }

    /// Where the counts and the files differ, in the order of domains and hashes; at most ``maximumDifferences``.
    func differences() throws -> [ReferenceDifference] {
        // One moment of the state: what comes later is kept away by other means.
        let snapshot = try engine.state.snapshot()
        return try engine.log.read { log in
            try snapshot.read { view in
                var counted = [Tally](repeating: Tally(), count: Self.bucketCount)
                try view.forEachBlob { blob in
                    counted[Self.bucket(blob.hash)].add(blob.domain, blob.hash, blob.references)
                    return true
                }
                var found = [Tally](repeating: Tally(), count: Self.bucketCount)
                try Self.forEachReference(view, log) { domain, hash in
                    found[Self.bucket(hash)].add(domain, hash, 1)
                }
                let differing = Set(counted.indices.filter { counted[$0] != found[$0] })
                return differing.isEmpty ? [] : try Self.name(differing, view, log)
            }
        }
    }

    /// Which contents of some buckets it is.
    private static func name(
        _ buckets: Set<Int>, _ view: borrowing StateView, _ log: borrowing LogSnapshot
    ) throws -> [ReferenceDifference] {
        // A few buckets of many hold a few contents of many; whatever is wrong with all of them is told by the first ones.
        let buckets = Set(buckets.sorted().prefix(maximumDifferences))
        var counts: [Pins.Key: (counted: UInt64, found: UInt64)] = [:]
        try view.forEachBlob { blob in
            guard buckets.contains(bucket(blob.hash)) else { return true }
            counts[Pins.Key(domain: blob.domain, hash: blob.hash), default: (0, 0)].counted = blob.references
            return true
        }
        try forEachReference(view, log) { domain, hash in
            guard buckets.contains(bucket(hash)) else { return }
            counts[Pins.Key(domain: domain, hash: hash), default: (0, 0)].found += 1
        }
        let differing = counts.filter { $0.value.counted != $0.value.found }.map { key, value in
            ReferenceDifference(domain: key.domain, hash: key.hash, counted: value.counted, found: value.found)
        }
        return Array(differing.sorted { ($0.domain, $0.hash) < ($1.domain, $1.hash) }.prefix(maximumDifferences))
    }

    /// Every version that is kept and names a content, with the domain in which it was recorded.
    private static func forEachReference(
        _ view: borrowing StateView, _ log: borrowing LogSnapshot, _ body: (Domain, SHA1Hash) -> Void
    ) throws {
        var domains = VersionDomains()
        try view.forEachVersion { _, _, version in
            guard version.released == nil, case .upserted(let mode, let hash, _) = version.content,
                mode != GitMode.submodule
            else { return true }
            body(try domains.domain(of: version.version.position, log), hash)
            return true
        }
    }
}

/// In which domain versions were recorded. Versions of one event come many at a time, so a few are remembered.
struct VersionDomains {
    private var known: [LogPosition: Domain] = [:]

    private static let maximumCount = 65_536

    mutating func domain(of position: LogPosition, _ log: borrowing LogSnapshot) throws -> Domain {
        if let domain = known[position] { return domain }
        guard let header = try log.header(at: position) else {
            throw IngestError(.damaged, "the log has no event \(position.rawValue): run `ingestor verify --log`")
        }
        if known.count >= Self.maximumCount { known.removeAll(keepingCapacity: true) }
        known[position] = header.domain
        return header.domain
    }
}
