public import Events

/// Events with random fields, of values that survive their encoding.
extension SeededGenerator {
    public mutating func event(_ kind: EventKind) -> Event {
        switch kind {
        case .tenantErased: .tenantErased(.init(id: TenantID(UInt32(1 + below(3))), repositories: UInt64(below(9))))
        case .tenantLimited:
            .tenantLimited(
                .init(
                    limits: TenantLimits(
                        repositories: oneIn(2) ? nil : magnitude(), bytes: oneIn(2) ? nil : magnitude(),
                        requestsPerMinute: oneIn(2) ? nil : magnitude())))
        case .tenantAdded: .tenantAdded(.init(id: TenantID(UInt32(1 + below(3))), name: text()))
        case .tokenIssued: .tokenIssued(.init(hash: tokenHash(), name: text()))
        case .tokenRevoked: .tokenRevoked(.init(id: position(), hash: tokenHash()))
        case .repositoryAdded: .repositoryAdded(.init(locator: locator(), configuration: configuration()))
        case .repositoryReconfigured: .repositoryReconfigured(.init(configuration: configuration()))
        case .repositoryRemoved: .repositoryRemoved(.init(locator: locator()))
        case .repositoryRenamed:
            .repositoryRenamed(
                .init(
                    old: Locator(provider: "git", source: locator().source),
                    new: Locator(provider: "git", source: locator().source)))
        case .repositoryVisibilityChanged: .repositoryVisibilityChanged(.init(isPrivate: oneIn(2)))
        case .repositorySuspended:
            .repositorySuspended(.init(reason: pick(SuspensionReason.allCases), note: text()))
        case .repositoryResumed: .repositoryResumed(.init())
        case .stateDigest:
            .stateDigest(
                .init(
                    count: magnitude(),
                    parts: (0..<below(4)).map { _ in
                        .init(projection: text(), version: UInt32(below(9)), digest: contentHash())
                    }))
        case .repositoryIdentified:
            .repositoryIdentified(.init(provider: pick(["git", "dir"]), externalID: UInt64(below(9))))
        case .credentialStored:
            .credentialStored(
                .init(
                    provider: pick(["git", "dir"]), kind: pick(CredentialKind.allCases), name: text(),
                    installation: oneIn(2) ? nil : magnitude(), expiresAt: oneIn(2) ? nil : time()))
        case .credentialRefreshed:
            .credentialRefreshed(.init(id: position(), expiresAt: oneIn(2) ? nil : time()))
        case .credentialRevoked: .credentialRevoked(.init(id: position(), reason: pick(RevocationReason.allCases)))
        case .webhookReceived: .webhookReceived(webhook())
        case .webhookRepeated:
            .webhookRepeated(.init(provider: "git", delivery: text(), first: position()))
        case .webhookRejected:
            .webhookRejected(
                .init(provider: "git", reason: pick(RejectionReason.allCases), count: magnitude(), since: time()))
        case .gapDetected:
            .gapDetected(
                .init(
                    reason: pick(GapReason.allCases), ref: path(), expected: oneIn(3) ? nil : commit(),
                    found: oneIn(3) ? nil : commit(), delivery: text()))
        case .gapClosed: .gapClosed(.init(gap: position(), commit: oneIn(3) ? nil : commit()))
        case .largeFileStored:
            .largeFileStored(.init(pointer: blob(), hash: blob(), contentHash: contentHash(), size: magnitude()))
        case .checkpointSigned:
            .checkpointSigned(.init(size: magnitude(), root: contentHash(), publicKey: bytes(32), note: text()))
        case .pollCompleted:
            .pollCompleted(
                .init(
                    changed: oneIn(2), head: oneIn(4) ? nil : commit(), ref: path(), validator: bytes(below(20)),
                    requests: magnitude(), bytesReceived: magnitude(),
                    rateLimit: oneIn(2)
                        ? nil : RateLimit(limit: magnitude(), remaining: magnitude(), resetAt: time()),
                    quota: pick(["", "one", "two"]), isScheduled: oneIn(2)))
        case .pollFailed: .pollFailed(.init(failure: failure()))
        case .syncRequested:
            .syncRequested(
                .init(
                    reason: pick(SyncReason.allCases), ref: oneIn(2) ? nil : path(), commit: oneIn(2) ? nil : commit()))
        case .syncStarted:
            .syncStarted(.init(attempt: UInt32(below(6)), fromCommit: oneIn(2) ? nil : commit()))
        case .fetchCompleted:
            .fetchCompleted(
                .init(
                    mode: pick(FetchMode.allCases), commit: commit(), requests: magnitude(),
                    bytesReceived: magnitude(), bytesSent: magnitude(), objects: magnitude(),
                    durationMicroseconds: magnitude(), resumed: oneIn(2)))
        case .fetchFailed: .fetchFailed(.init(mode: pick(FetchMode.allCases), failure: failure()))
        case .itemsChanged: .itemsChanged(.init(ref: ref(), items: itemChanges()))
        case .syncCompleted: .syncCompleted(syncCompleted())
        case .syncFailed: .syncFailed(.init(attempt: UInt32(below(6)), failure: failure()))
        case .retryScheduled:
            .retryScheduled(
                .init(job: position(), attempt: UInt32(below(6)), at: time(), failure: failure()))
        case .jobDeadLettered:
            .jobDeadLettered(.init(job: position(), attempts: UInt32(below(6)), failure: failure()))
        case .jobRequeued: .jobRequeued(.init(job: position()))
        case .jobDropped: .jobDropped(.init(job: position(), reason: oneIn(4) ? nil : pick(DropReason.allCases)))
        case .blobsStored: .blobsStored(.init(blobs: (0..<below(20)).map { _ in storedBlob() }))
        case .shardSealed:
            .shardSealed(
                .init(
                    shard: ShardID(rawValue: UInt64(below(9))), contentHash: contentHash(), byteCount: magnitude(),
                    blobCount: magnitude(), logicalBytes: magnitude()))
        case .blobCorrupted:
            .blobCorrupted(.init(hash: blob(), shard: ShardID(rawValue: UInt64(below(9))), code: text()))
        case .blobRepaired: .blobRepaired(.init(hash: blob(), shard: ShardID(rawValue: UInt64(below(9)))))
        case .blobRefused:
            .blobRefused(
                .init(
                    hash: blob(), keptContentHash: contentHash(), refusedContentHash: contentHash(),
                    refusedSize: magnitude()))
        case .blobsReleased: .blobsReleased(.init(blobs: releasedBlobs()))
        case .blobsDeleted: .blobsDeleted(.init(blobs: releasedBlobs()))
        case .blobsRestored: .blobsRestored(.init(blobs: releasedBlobs()))
        case .shardCompacted:
            .shardCompacted(
                .init(
                    replaced: (0..<below(3)).map { _ in ShardID(rawValue: UInt64(below(9))) },
                    written: (0..<below(3)).map { _ in ShardID(rawValue: UInt64(below(9))) },
                    effort: pick(CompactionEffort.allCases), moved: magnitude(), dropped: magnitude(),
                    bytesFreed: magnitude()))
        case .versionsReleased:
            .versionsReleased(
                .init(
                    ref: ref(), reason: pick(ReleaseReason.allCases), versions: (0..<below(20)).map { _ in version() }))
        case .versionsRestored:
            .versionsRestored(.init(ref: ref(), versions: (0..<below(20)).map { _ in version() }))
        case .bodiesReleased:
            .bodiesReleased(
                .init(through: position(), hashes: (0..<below(9)).map { _ in blob() }, byteCount: magnitude()))
        }
    }

    public mutating func releasedBlobs() -> [ReleasedBlob] {
        (0..<below(20)).map { _ in ReleasedBlob(hash: blob(), size: UInt64(below(100_000))) }
    }

    public mutating func version() -> ReleasedVersion {
        ReleasedVersion(
            path: path(), version: ItemVersion(position: position(), index: UInt32(below(20))),
            hash: oneIn(3) ? nil : blob(), size: UInt64(below(100_000)))
    }

    public mutating func text() -> String {
        pick(["", "a", "grüße", "日本語", "notFound", String(repeating: "x", count: 300)])
    }

    public mutating func time() -> Timestamp { Timestamp(microseconds: 1 + Int64(bitPattern: next() >> 14)) }

    public mutating func position() -> LogPosition { LogPosition(UInt64(below(200))) }

    public mutating func locator() -> Locator {
        let source: [UInt8] =
            switch below(8) {
            case 0: bytes(500)
            case 1: [0xff, 0xfe, 0x2f]
            default: Array("source\(below(6))".utf8)
            }
        return Locator(provider: pick(["git", "dir"]), source: source)
    }

    public mutating func configuration() -> RepositoryConfiguration {
        RepositoryConfiguration(
            branch: oneIn(2) ? nil : path(), isPrivate: oneIn(2), include: (0..<below(3)).map { _ in path() },
            exclude: (0..<below(3)).map { _ in path() },
            keepHistoryDays: oneIn(2) ? nil : UInt32(1 + below(1000)), fetchesLargeFiles: oneIn(2))
    }

    /// Of few deliveries, repositories and commits, so that some repeat and some follow one another.
    public mutating func webhook() -> WebhookReceived {
        let provider = pick(["git", "dir"])
        return WebhookReceived(
            provider: provider, delivery: "delivery \(below(40))", event: text(),
            action: oneIn(2) ? nil : "renamed", installation: oneIn(2) ? nil : UInt64(below(4)),
            externalID: oneIn(3) ? nil : UInt64(below(9)),
            locator: oneIn(3) ? nil : Locator(provider: provider, source: [1]),
            bodyHash: blob(), bodySize: magnitude(), secret: UInt32(below(3)), sender: text(),
            ref: oneIn(3)
                ? nil
                : AnnouncedRef(
                    name: path(), before: oneIn(4) ? nil : commit(), after: oneIn(4) ? nil : commit(),
                    isForced: oneIn(4), tellsCommits: !oneIn(5)),
            added: (0..<below(3)).map { _ in UInt64(below(9)) }, removed: (0..<below(3)).map { _ in UInt64(below(9)) })
    }

    public mutating func failure() -> Failure {
        Failure(
            pick([.transient, .permanent, .rateLimited]), code: text(), message: text(),
            retryAt: oneIn(2) ? nil : time(), quota: pick(["", "one", "two"]))
    }

    public mutating func ref() -> RefID { oneIn(8) ? RefID(rawValue: 7) : .watched }

    /// One of few, so that versions of one path and references to one blob pile up.
    public mutating func path() -> [UInt8] {
        switch below(16) {
        case 0: [0xc3, 0x28, UInt8(1 + below(3))]
        case 1: Array("long/".utf8) + [UInt8](repeating: 0x61, count: 396 + below(6)) + [UInt8(0x61 + below(4))]
        case 2: Array("directory".utf8) + pick([[0x2f], [0x2e], [0x2d]]) + [UInt8(0x61 + below(4))]
        default: Array("directory\(below(4))/file\(below(12))".utf8)
        }
    }

    public mutating func blob() -> SHA1Hash { hash(of: below(64)) }
    public mutating func commit() -> SHA1Hash { hash(of: 1000 + below(16)) }

    private func hash(of number: Int) -> SHA1Hash {
        var generator = SeededGenerator(seed: UInt64(number))
        return generator.bytes(SHA1Hash.byteCount).withUnsafeBytes { SHA1Hash($0) }
    }

    /// One of few, so that some that are revoked were issued.
    public mutating func tokenHash() -> SHA256Hash {
        var generator = SeededGenerator(seed: UInt64(5000 + below(12)))
        return generator.contentHash()
    }

    public mutating func contentHash() -> SHA256Hash { bytes(SHA256Hash.byteCount).withUnsafeBytes { SHA256Hash($0) } }

    /// Of each path one at most, as between two trees.
    private mutating func itemChanges() -> [ItemChange] {
        var paths: Set<[UInt8]> = []
        return (0..<below(20)).map { _ in itemChange() }.filter { paths.insert($0.path).inserted }
    }

    public mutating func itemChange() -> ItemChange {
        let mode = pick([GitMode.file, GitMode.executable, GitMode.symlink, GitMode.submodule])
        let content: ItemChange.Content =
            switch below(6) {
            case 0: .removed
            case 1: .skipped(mode: mode, hash: blob(), size: magnitude(), reason: pick(SkipReason.allCases))
            default: .upserted(mode: mode, hash: blob(), size: UInt64(below(100_000)))
            }
        return ItemChange(
            path: path(), content: content,
            replaces: oneIn(2) ? nil : ItemVersion(position: position(), index: UInt32(below(20))))
    }

    public mutating func storedBlob() -> StoredBlob {
        StoredBlob(
            hash: blob(), contentHash: contentHash(), size: UInt64(below(100_000)),
            mimeType: pick(["text/plain", "image/png", "application/octet-stream"]),
            shard: ShardID(rawValue: UInt64(below(9))))
    }

    public mutating func syncCompleted() -> SyncCompleted {
        let commit = commit()
        return SyncCompleted(
            ref: ref(), commit: commit, tree: oneIn(3) ? commit : self.commit(), upToDate: oneIn(4),
            files: magnitude(), upserted: magnitude(), removed: magnitude(), skipped: magnitude(),
            blobsStored: magnitude(), blobsReused: magnitude(), bytesFetched: magnitude(), requests: magnitude(),
            durationMicroseconds: magnitude(), logicalBytes: magnitude(), branch: oneIn(3) ? [] : path(),
            author: path(), committer: path())
    }
}
