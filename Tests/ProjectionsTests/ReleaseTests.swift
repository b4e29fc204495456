import EventGenerator
import Events
import Projections
import Testing

private let first = SHA1Hash(hex: String(repeating: "a1", count: 20)) ?? .zero
private let zeros = SHA256Hash([UInt8](repeating: 0, count: 32)) ?? MemoryState.sha256([])
private let second = SHA1Hash(hex: String(repeating: "b2", count: 20)) ?? .zero

extension Given {
    fileprivate mutating func store(_ hashes: SHA1Hash...) throws {
        let blobs = hashes.map {
            StoredBlob(hash: $0, contentHash: zeros, size: 10, mimeType: "text/plain", shard: ShardID(rawValue: 1))
        }
        try event(.blobsStored(.init(blobs: blobs)))
    }

    /// A file with a content.
    fileprivate mutating func item(_ hash: SHA1Hash, of repository: LogPosition) throws -> ReleasedVersion {
        let position = try event(
            .itemsChanged(
                .init(items: [
                    ItemChange(
                        path: [97], content: .upserted(mode: GitMode.file, hash: hash, size: 10), replaces: nil)
                ])), of: repository)
        return ReleasedVersion(path: [97], version: ItemVersion(position: position, index: 0), hash: hash, size: 10)
    }

    fileprivate mutating func release(_ hash: SHA1Hash) throws -> LogPosition {
        try event(.blobsReleased(.init(blobs: [ReleasedBlob(hash: hash, size: 10)])))
    }

    fileprivate mutating func delete(_ hash: SHA1Hash) throws -> LogPosition {
        try event(.blobsDeleted(.init(blobs: [ReleasedBlob(hash: hash, size: 10)])))
    }

    fileprivate var sums: DomainStatistics {
        var key: [UInt8] = []
        key.append(bigEndian: domain.rawValue)
        return DomainStatistics(state.row(.domainStatistics, key).map { Counters($0.span.bytes) } ?? .zero)
    }
}

@Suite struct ReleaseTests {
    @Test func aReleasedVersionSaysSoAndNamesItsContentNoLonger() throws {
        var given = Given()
        let repository = try given.repository()
        try given.store(first)
        let version = try given.item(first, of: repository)
        let position = try given.event(
            .versionsReleased(.init(reason: .history, versions: [version])), of: repository)
        #expect(try given.files.map(\.released) == [position])
        #expect(try given.blob(first)?.references == 0)
        #expect(given.state.rows(.blobReferences).isEmpty)
        try given.event(.versionsRestored(.init(versions: [version])), of: repository)
        #expect(try given.files.map(\.released) == [nil])
        #expect(try given.blob(first)?.references == 1)
        #expect(given.state.rows(.blobReferences).count == 1)
    }

    @Test func aContentGoesFromReleasedToDeletedAndComesAgain() throws {
        var given = Given()
        try given.store(first, second)
        let released = try given.release(first)
        #expect(try given.blob(first)?.released?.position == released)
        #expect(given.sums == DomainStatistics(blobs: 2, uniqueBytes: 20, releasedBlobs: 1, releasedBytes: 10))
        let deleted = try given.delete(first)
        #expect(try given.blob(first)?.stored == nil)
        #expect(try given.blob(first)?.deleted == deleted)
        #expect(given.sums == DomainStatistics(blobs: 1, uniqueBytes: 10))
        try given.store(first)
        #expect(try given.blob(first)?.deleted == nil)
        #expect(try given.blob(first)?.stored != nil)
        #expect(given.sums == DomainStatistics(blobs: 2, uniqueBytes: 20))
    }

    @Test func whatIsNamedOrStoredAgainIsLiveAgainAndCannotBeDeleted() throws {
        var given = Given()
        let repository = try given.repository()
        try given.store(first, second)
        _ = try given.release(first)
        _ = try given.release(second)
        _ = try given.item(first, of: repository)
        try given.store(second)
        for hash in [first, second] {
            #expect(try given.blob(hash)?.released == nil)
            _ = try given.delete(hash)
            #expect(try given.blob(hash)?.stored != nil)
        }
        // What is named cannot be released either.
        _ = try given.release(first)
        #expect(try given.blob(first)?.released == nil)
    }

    @Test func theSameContentOfAnotherDomainIsAnother() throws {
        var given = Given()
        try given.store(first)
        given.domain = .public
        try given.store(first)
        _ = try given.release(first)
        _ = try given.delete(first)
        #expect(try given.blob(first)?.stored == nil)
        given.domain = .tenant(given.tenant)
        #expect(try given.blob(first)?.stored != nil)
    }

    @Test func aShardThatWasReplacedStaysKnownAndItsNumberMayComeAgain() throws {
        var given = Given()
        func seal(_ id: UInt64, _ hash: SHA256Hash) throws {
            try given.event(
                .shardSealed(
                    .init(shard: ShardID(rawValue: id), contentHash: hash, byteCount: 9, blobCount: 1, logicalBytes: 5))
            )
        }
        func row(_ id: UInt64) throws -> ShardRow? {
            var key: [UInt8] = []
            key.append(bigEndian: id)
            return try given.state.row(.shards, key).map { try ShardRow(key: key.span.bytes, decoding: $0.span.bytes) }
        }
        let other = try #require(SHA256Hash([UInt8](repeating: 7, count: 32)))
        try seal(1, zeros)
        try seal(2, other)
        let position = try given.event(
            .shardCompacted(
                .init(
                    replaced: [ShardID(rawValue: 1)], written: [ShardID(rawValue: 2)], effort: .hard, moved: 1,
                    dropped: 0,
                    bytesFreed: 3)))
        #expect(try row(1)?.compacted == position)
        #expect(try row(2)?.effort == .hard)
        try seal(1, zeros)
        #expect(try row(1)?.isCompacted == true, "saying again that it was sealed does not bring it back")
        try seal(1, other)
        #expect(try row(1)?.isCompacted == false, "another one may have its number")
    }
}

@Suite struct ReleasePolicyTests {
    private let day = 86_400.0
    private let start = Timestamp(seconds: 1_700_000_000)

    private func blob(
        references: UInt64 = 0, firstSeen: UInt64 = 5, released: UInt64? = 100, isStored: Bool = true
    ) -> BlobRow {
        let stored = StoredContent(
            contentHash: zeros, size: 1, mimeType: "", shard: ShardID(rawValue: 1), firstSeen: LogPosition(firstSeen),
            firstSeenAt: start)
        return BlobRow(
            domain: .public, hash: .zero, references: references, stored: isStored ? stored : nil,
            released: released.map { .init(position: LogPosition($0), at: start) })
    }

    @Test func graceIsInTimeAndInPositions() {
        let policy = ReleasePolicy(graceSeconds: 7 * day, graceEvents: 100)
        let late = start.adding(seconds: 7 * day)
        func may(_ now: Timestamp, _ count: UInt64) -> Bool {
            policy.mayDelete(blob(), isHeld: false, horizon: nil, at: now, count: count)
        }
        #expect(may(late, 201))
        #expect(!may(late, 200), "too few events came after it")
        #expect(!may(late.adding(seconds: -1), 10_000), "it is too early")
        #expect(
            ReleasePolicy(graceSeconds: 0, graceEvents: 0).isDue(
                .init(position: LogPosition(0), at: start), at: start, count: 1))
    }

    @Test func nothingGoesThatSomebodyMayRelyOn() {
        let policy = ReleasePolicy(graceSeconds: 0, graceEvents: 0)
        func may(_ blob: BlobRow, isHeld: Bool = false, horizon: UInt64? = nil) -> Bool {
            policy.mayDelete(
                blob, isHeld: isHeld, horizon: horizon.map { LogPosition($0) }, at: start, count: 1000)
        }
        #expect(may(blob()))
        #expect(!may(blob(references: 1)))
        #expect(!may(blob(released: nil)), "first it is released")
        #expect(!may(blob(isStored: false)))
        #expect(!may(blob(), isHeld: true))
        #expect(may(blob(), horizon: 101))
        #expect(!may(blob(), horizon: 100), "a sync that began before the release may have seen it as wanted")
        #expect(ReleasePolicy.mayRelease(blob(released: nil), isHeld: false, horizon: nil))
        #expect(!ReleasePolicy.mayRelease(blob(released: nil), isHeld: false, horizon: LogPosition(5)))
        #expect(!ReleasePolicy.mayRelease(blob(references: 1, released: nil), isHeld: false, horizon: nil))
    }

    @Test func historyKeepsWhatCouldBeSeenAtTheCutOrLater() {
        let versions = [3, 8, 15].map { LogPosition($0) }
        func releasable(_ cut: UInt64?) -> Int {
            HistoryPolicy.releasable(versions, cut: cut.map { LogPosition($0) })
        }
        #expect(releasable(nil) == 0)
        #expect(releasable(2) == 0)
        #expect(releasable(3) == 0)
        #expect(releasable(7) == 0)
        #expect(releasable(8) == 1)
        #expect(releasable(20) == 2, "the newest stays for ever")
        let syncs = [30, 20, 10].map { position in
            SyncRow(
                repository: RepositoryID(0), ref: .watched, position: LogPosition(position), tenant: TenantID(1),
                at: start.adding(seconds: Double(position) * day), commit: .zero, tree: .zero, upToDate: false,
                files: 1,
                logicalBytes: 1)
        }
        let now = start.adding(seconds: 40 * day)
        #expect(HistoryPolicy.cut(syncs, keepDays: 10, at: now) == LogPosition(30))
        #expect(HistoryPolicy.cut(syncs, keepDays: 11, at: now) == LogPosition(20))
        #expect(HistoryPolicy.cut(syncs, keepDays: 31, at: now) == nil)
    }
}
