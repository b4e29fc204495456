import EventGenerator
import Events
import Projections
import Testing

@Suite struct FoldTests {
    let failure = Failure(.transient, code: "timeout", message: "the server at example.org did not answer")
    var generator = SeededGenerator(seed: 7)

    private mutating func syncCompleted(commit: SHA1Hash, files: UInt64) -> Event {
        .syncCompleted(
            .init(
                commit: commit, tree: commit, upToDate: false, files: files, logicalBytes: files * 10,
                branch: Array("main".utf8)))
    }

    @Test mutating func aRepositoryFromPollToSync() throws {
        var given = Given()
        let repository = try given.repository()
        let commit = generator.commit()
        try given.event(
            .pollCompleted(.init(changed: true, head: commit, ref: Array("refs/heads/main".utf8), validator: [1])),
            of: repository)
        let polledAt = given.time
        let job = try given.event(.syncRequested(.init(reason: .command)), of: repository)
        #expect(try given.job(job)?.state == .requested)
        #expect(given.state.rows(.dueJobs).count == 1)
        try given.event(.syncStarted(.init(attempt: 1, fromCommit: nil)), of: repository, story: job)
        #expect(try given.job(job)?.state == .started)
        #expect(given.state.rows(.dueJobs).isEmpty)
        let done = try given.event(syncCompleted(commit: commit, files: 3), of: repository, story: job)

        let row = try #require(try given.repositoryRow(repository))
        #expect(row.lastCommit == commit)
        #expect(row.branch == Array("main".utf8))
        #expect(row.completeAsOf == polledAt)
        #expect(row.lastSyncedAt == given.time)
        #expect((row.files, row.logicalBytes) == (3, 30))
        #expect((row.lastPosition, row.lastCompleted) == (done, done))
        #expect(row.configuration == RepositoryConfiguration())
        #expect(try given.job(job) == nil)
        #expect(given.state.rows(.jobsByRepository).isEmpty)

        try given.event(.pollCompleted(.init(changed: false, head: commit, ref: [])), of: repository)
        #expect(try given.repositoryRow(repository)?.completeAsOf == given.time)
    }

    @Test func aJobThatFailsWaitsGivesUpAndIsTakenAgain() throws {
        var given = Given()
        let repository = try given.repository()
        let job = try given.event(.syncRequested(.init(reason: .schedule)), of: repository)
        try given.event(.syncStarted(.init(attempt: 1, fromCommit: nil)), of: repository, story: job)
        try given.event(.syncFailed(.init(attempt: 1, failure: failure)), of: repository, story: job)
        #expect(try given.job(job)?.state == .started)
        #expect(try given.job(job)?.failure?.failure == failure)
        let retryAt = given.time.adding(seconds: 60)
        try given.event(
            .retryScheduled(.init(job: job, attempt: 2, at: retryAt, failure: failure)), of: repository, story: job)
        #expect(try given.job(job)?.nextAttemptAt == retryAt)
        #expect(try given.repositoryRow(repository)?.retryCount == 1)
        #expect(try given.repositoryRow(repository)?.nextRetryAt == retryAt)
        #expect(given.state.rows(.dueJobs).count == 1)
        try given.event(
            .jobDeadLettered(.init(job: job, attempts: 5, failure: failure)), of: repository, story: job)
        #expect(try given.job(job)?.state == .deadLettered)
        #expect(given.state.rows(.dueJobs).isEmpty)
        #expect(given.state.rows(.deadLetters).count == 1)
        try given.event(.jobRequeued(.init(job: job)), of: repository, story: job)
        #expect(try given.job(job)?.attempts == 5)
        #expect(try given.job(job)?.nextAttemptAt == given.time)
        #expect(given.state.rows(.deadLetters).isEmpty)
    }

    @Test mutating func everyVersionOfAPathIsKept() throws {
        var given = Given()
        let repository = try given.repository()
        let hash = generator.blob()
        let long = [UInt8](repeating: 0x61, count: 450)
        let first = try given.event(
            .itemsChanged(
                .init(items: [
                    .init(path: [0x61], content: .upserted(mode: GitMode.file, hash: hash, size: 5), replaces: nil),
                    .init(path: long, content: .upserted(mode: GitMode.file, hash: hash, size: 5), replaces: nil),
                    .init(
                        path: [0x62], content: .skipped(mode: GitMode.tree, hash: hash, size: 0, reason: .excluded),
                        replaces: nil),
                    .init(
                        path: [0x63], content: .upserted(mode: GitMode.submodule, hash: hash, size: 0), replaces: nil),
                ])), of: repository)
        let replaced = ItemVersion(position: first, index: 0)
        try given.event(
            .itemsChanged(.init(items: [.init(path: [0x61], content: .removed, replaces: replaced)])), of: repository)
        let files = try given.files
        #expect(files.map(\.path) == [[0x61], [0x61], long, [0x62], [0x63]])
        #expect(files[1].content == .removed)
        #expect(files[1].replaces == replaced)
        // The submodule's commit and the skipped tree are no blobs; a removal takes no reference back.
        #expect(try given.blob(hash)?.references == 2)
        #expect(given.state.rows(.blobReferences).count == 2)
    }

    @Test mutating func aContentCountsOnceHoweverOftenItIsStored() throws {
        var given = Given()
        let repository = try given.repository()
        var blob = generator.storedBlob()
        blob.size = 100
        let first = try given.event(.blobsStored(.init(blobs: [blob])), of: repository)
        var again = blob
        again.shard = ShardID(rawValue: 77)
        try given.event(.blobsStored(.init(blobs: [again])), of: repository)
        #expect(try given.blob(blob.hash)?.stored?.shard == blob.shard)
        #expect(try given.blob(blob.hash)?.stored?.firstSeen == first)
        let statistics = try #require(given.state.rows(.domainStatistics).first)
        #expect(
            DomainStatistics(Counters(statistics.row.span.bytes)) == DomainStatistics(blobs: 1, uniqueBytes: 100))

        try given.event(
            .blobCorrupted(.init(hash: blob.hash, shard: blob.shard, code: "checksum")), of: repository)
        #expect(try given.blob(blob.hash)?.damage == "checksum")
        try given.event(.blobRepaired(.init(hash: blob.hash, shard: ShardID(rawValue: 9))), of: repository)
        #expect(try given.blob(blob.hash)?.damage == nil)
        #expect(try given.blob(blob.hash)?.stored?.shard == ShardID(rawValue: 9))
    }

    @Test func aClaimIsFreeAgainOnceItsRepositoryIsRemoved() throws {
        var given = Given()
        let source = String(repeating: "deep/", count: 200)
        let repository = try given.repository(source)
        let locator = Locator(provider: "dir", source: Array(source.utf8))
        let claim = Claims.repository(given.tenant, locator, hash: MemoryState.sha256)
        #expect(claim.count <= 511)
        let row = try #require(given.state.row(.claims, claim))
        #expect(try ClaimRow(decoding: row.span.bytes).position == repository)
        try given.event(.repositoryRemoved(.init(locator: locator)), of: repository)
        #expect(given.state.row(.claims, claim) == nil)
        #expect(try given.repositoryRow(repository)?.isRemoved == true)
    }

    /// A sealed plaintext that changes nothing else leaves every digest as it is; an open field does not.
    @Test func digestsDoNotDependOnSealedPlaintext() throws {
        func digests(path: String, source: String, message: String, size: UInt64) throws -> [String: SHA256Hash] {
            var given = Given()
            var generator = SeededGenerator(seed: 3)
            try given.event(.tenantAdded(.init(id: TenantID(1), name: source)))
            let repository = try given.event(
                .repositoryAdded(
                    .init(
                        locator: Locator(provider: "git", source: Array(source.utf8)),
                        configuration: .init(branch: Array(path.utf8), include: [Array(path.utf8)]))))
            let job = try given.event(.syncRequested(.init(reason: .command)), of: repository)
            let failure = Failure(.permanent, code: "gone", message: message)
            try given.event(.syncFailed(.init(attempt: 1, failure: failure)), of: repository, story: job)
            let content = ItemChange.Content.upserted(mode: GitMode.file, hash: generator.blob(), size: size)
            try given.event(
                .itemsChanged(.init(items: [.init(path: Array(path.utf8), content: content, replaces: nil)])),
                of: repository)
            try announce(path, source, message, of: repository, &given)
            return given.state.digests()
        }
        let reference = try digests(path: "a", source: "b", message: "c", size: 1)
        let renamed = try digests(
            path: String(repeating: "secret/", count: 80), source: "hidden", message: "elsewhere", size: 1)
        #expect(renamed == reference)
        let other = try digests(path: "a", source: "b", message: "c", size: 2)
        #expect(other["files/1"] != reference["files/1"])
        #expect(other["repositories/1"] == reference["repositories/1"])
    }

    /// Events with each text that is sealed: refs, names, notes, senders, locators.
    private func announce(
        _ path: String, _ source: String, _ message: String, of repository: LogPosition, _ given: inout Given
    ) throws {
        var generator = SeededGenerator(seed: 4)
        let ref = Array("refs/heads/\(path)".utf8)
        let old = Locator(provider: "git", source: Array(source.utf8))
        let new = Locator(provider: "git", source: Array((source + "2").utf8))
        try given.event(
            .webhookReceived(
                .init(
                    provider: "git", delivery: "d", event: "push", installation: 3, externalID: 4, locator: old,
                    bodyHash: generator.blob(), bodySize: 9, sender: message,
                    ref: AnnouncedRef(name: ref, before: generator.commit(), after: generator.commit()))))
        try given.event(.repositoryRenamed(.init(old: old, new: new)), of: repository)
        try given.event(.repositorySuspended(.init(reason: .takenDown, note: message)), of: repository)
        try given.event(.gapDetected(.init(reason: .missedPush, ref: ref)), of: repository)
        try given.event(.credentialStored(.init(provider: "git", kind: .token, name: message)))
        try given.event(.syncRequested(.init(reason: .webhook, ref: ref)), of: repository)
    }

    /// A number that the provider keeps finds the repository whatever it is called; its old name is free for another one.
    @Test func aRepositoryIsFoundByNumberAndName() throws {
        var given = Given()
        let repository = try given.repository("owner/old")
        let old = Locator(provider: "dir", source: Array("owner/old".utf8))
        let new = Locator(provider: "dir", source: Array("owner/new".utf8))
        try given.event(.repositoryIdentified(.init(provider: "dir", externalID: 77)), of: repository)
        try given.event(.repositoryRenamed(.init(old: old, new: new)), of: repository)
        try given.event(.repositoryVisibilityChanged(.init(isPrivate: false)), of: repository)
        let row = try #require(try given.repositoryRow(repository))
        #expect(row.locator == new && row.externalID == 77 && !row.configuration.isPrivate && row.isIdentityDue)
        #expect(given.state.row(.claims, Claims.repository(given.tenant, old, hash: MemoryState.sha256)) == nil)
        let claim = try #require(
            given.state.row(.claims, Claims.repository(given.tenant, new, hash: MemoryState.sha256)))
        #expect(try ClaimRow(decoding: claim.span.bytes).position == repository)
        #expect(given.state.rows(.repositoriesByExternalID).count == 1)
        #expect(given.state.rows(.repositoriesByLocator).count == 1)
        try given.event(.repositoryRemoved(.init(locator: new)), of: repository)
        #expect(given.state.rows(.repositoriesByExternalID).isEmpty)
        #expect(given.state.rows(.repositoriesByLocator).isEmpty)
    }

    /// The mark stays with the source whatever happens to it, and a row without it is what it was before there was one.
    @Test func publicAddressesOnlyIsKept() throws {
        func row(_ mark: Bool) throws -> RepositoryRow {
            var given = Given()
            let locator = Locator(provider: "git", source: Array("https://example.org/a".utf8))
            let repository = try given.event(
                .repositoryAdded(.init(locator: locator, configuration: .init(), publicAddressesOnly: mark)))
            try given.event(.repositoryReconfigured(.init(configuration: .init(isPrivate: false))), of: repository)
            try given.event(.repositoryRenamed(.init(old: locator, new: locator)), of: repository)
            return try #require(try given.repositoryRow(repository))
        }
        let (marked, plain) = (try row(true), try row(false))
        #expect(marked.publicAddressesOnly && marked.isIdentityDue && !plain.publicAddressesOnly)
        var expected = plain.encode()
        let changed = zip(expected, marked.encode()).enumerated().filter { $1.0 != $1.1 }
        #expect(changed.count == 1, "one byte tells them apart")
        expected[try #require(changed.first).offset] = 3
        #expect(marked.encode() == expected)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func anyStreamFoldsAndEveryRowDecodes(seed: UInt64) throws {
        var stream = EventStream(seed: seed)
        var state = MemoryState()
        for envelope in try stream.envelopes(1500) { try state.fold(envelope) }
        for (key, row) in state.rows(.repositories) {
            let decoded = try RepositoryRow(key: key.span.bytes, decoding: row.span.bytes)
            #expect(decoded.encode() == row, "seed \(seed)")
        }
        for (key, row) in state.rows(.jobs) {
            #expect(try JobRow(key: key.span.bytes, decoding: row.span.bytes).encode() == row, "seed \(seed)")
        }
        for (key, row) in state.rows(.blobs) {
            #expect(try BlobRow(key: key.span.bytes, decoding: row.span.bytes).encode() == row, "seed \(seed)")
        }
        for (key, row) in state.rows(.gaps) {
            #expect(try GapRow(key: key.span.bytes, decoding: row.span.bytes).encode() == row, "seed \(seed)")
        }
        for (key, row) in state.rows(.credentials) {
            #expect(try CredentialRow(key: key.span.bytes, decoding: row.span.bytes).encode() == row, "seed \(seed)")
        }
        for (key, row) in state.rows(.rateLimits) {
            #expect(try RateLimitRow(key: key.span.bytes, decoding: row.span.bytes).encode() == row, "seed \(seed)")
        }
        for (key, row) in state.rows(.announcedRefs) {
            #expect(try RefRow(decoding: row.span.bytes).encode() == row, "seed \(seed)")
            #expect(key.count <= 511)
        }
        for (key, row) in state.rows(.files) {
            _ = try FileVersion(key: key.span.bytes, decoding: row.span.bytes)
            #expect(key.count <= 511)
        }
        for table in Table.allCases { #expect(!state.rows(table).isEmpty, "seed \(seed): \(table.name)") }
    }
}
