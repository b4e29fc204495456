import Events

/// What one event changes of its repository's row.
struct RepositoryDelta: Equatable {
    enum Change: Equatable {
        /// Nothing but the last position.
        case none
        /// Something about it that stands in no column.
        case noticed
        case added(TenantID, Domain, Locator, RepositoryConfiguration, publicAddressesOnly: Bool)
        case reconfigured(Domain, RepositoryConfiguration)
        case removed
        case polled(changed: Bool, head: SHA1Hash?, validator: [UInt8], RateLimit?, quota: String, isScheduled: Bool)
        case completed(commit: SHA1Hash, tree: SHA1Hash, files: UInt64, logicalBytes: UInt64, branch: [UInt8])
        case failed(Failure)
        case retryScheduled(attempt: UInt32, at: Timestamp)
        case gaveUp(attempts: UInt32, Failure)
        /// No further attempt is scheduled: it is under way, or given up for good.
        case unscheduled
        case identified(UInt64)
        case renamed(Locator)
        case visibility(Domain, isPrivate: Bool)
        case suspended(SuspensionReason, note: String)
        case resumed
    }

    var position: LogPosition
    var at: Timestamp
    var change: Change

    init(_ envelope: Envelope) {
        position = envelope.position
        at = envelope.header.time
        switch envelope.event {
        case .repositoryAdded(let event):
            change = .added(
                envelope.header.tenant, envelope.header.domain, event.locator, event.configuration,
                publicAddressesOnly: event.publicAddressesOnly)
        case .repositoryReconfigured(let event):
            change = .reconfigured(envelope.header.domain, event.configuration)
        case .repositoryRemoved: change = .removed
        case .pollCompleted(let event):
            change = .polled(
                changed: event.changed, head: event.head, validator: event.validator, event.rateLimit,
                quota: event.quota, isScheduled: event.isScheduled)
        case .pollFailed(let event): change = .failed(event.failure)
        case .syncStarted, .jobDropped: change = .unscheduled
        case .syncFailed(let event): change = .failed(event.failure)
        case .syncCompleted(let event):
            // The row is that of the watched branch.
            change =
                event.ref == .watched
                ? .completed(
                    commit: event.commit, tree: event.tree, files: event.files, logicalBytes: event.logicalBytes,
                    branch: event.branch) : .none
        case .retryScheduled(let event): change = .retryScheduled(attempt: event.attempt, at: event.at)
        case .jobDeadLettered(let event): change = .gaveUp(attempts: event.attempts, event.failure)
        case .repositoryIdentified(let event): change = .identified(event.externalID)
        case .repositoryRenamed(let event): change = .renamed(event.new)
        case .repositoryVisibilityChanged(let event):
            change = .visibility(envelope.header.domain, isPrivate: event.isPrivate)
        case .repositorySuspended(let event): change = .suspended(event.reason, note: event.note)
        case .repositoryResumed: change = .resumed
        case .jobRequeued, .syncRequested, .gapDetected, .gapClosed: change = .noticed
        case .tenantAdded, .tenantErased, .tenantLimited, .fetchCompleted, .fetchFailed, .itemsChanged, .blobsStored,
            .shardSealed,
            .blobCorrupted, .blobRepaired, .blobRefused, .largeFileStored, .blobsReleased, .blobsDeleted,
            .shardCompacted, .versionsReleased, .blobsRestored, .bodiesReleased, .versionsRestored, .credentialStored,
            .credentialRefreshed, .credentialRevoked, .tokenIssued, .tokenRevoked, .webhookReceived, .webhookRepeated,
            .webhookRejected, .checkpointSigned, .stateDigest:
            change = .none
        }
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.put(position)
        bytes.put(at)
        switch change {
        case .none: bytes.append(0)
        case .added(let tenant, let domain, let locator, let configuration, let publicAddressesOnly):
            bytes.append(1)
            bytes.put(tenant.rawValue)
            bytes.put(domain.rawValue)
            bytes.put(text: locator.provider)
            bytes.put(string: locator.source)
            configuration.encode(into: &bytes)
            bytes.append(publicAddressesOnly ? 1 : 0)
        case .reconfigured(let domain, let configuration):
            bytes.append(2)
            bytes.put(domain.rawValue)
            configuration.encode(into: &bytes)
        case .removed: bytes.append(3)
        case .polled(let changed, let head, let validator, let limit, let quota, let isScheduled):
            bytes.append(4)
            bytes.append(changed ? 1 : 0)
            bytes.put(optional: head)
            bytes.put(string: validator)
            bytes.put(optional: limit)
            bytes.put(text: quota)
            bytes.append(isScheduled ? 1 : 0)
        case .completed(let commit, let tree, let files, let logicalBytes, let branch):
            bytes.append(5)
            bytes.put(commit)
            bytes.put(tree)
            bytes.put(files)
            bytes.put(logicalBytes)
            bytes.put(string: branch)
        case .failed(let failure):
            bytes.append(6)
            bytes.put(failure)
        case .retryScheduled(let attempt, let at):
            bytes.append(7)
            bytes.put(attempt)
            bytes.put(at)
        case .gaveUp(let attempts, let failure):
            bytes.append(8)
            bytes.put(attempts)
            bytes.put(failure)
        case .unscheduled: bytes.append(9)
        case .noticed: bytes.append(10)
        case .identified(let externalID):
            bytes.append(11)
            bytes.put(externalID)
        case .renamed(let locator):
            bytes.append(12)
            bytes.put(text: locator.provider)
            bytes.put(string: locator.source)
        case .visibility(let domain, let isPrivate):
            bytes.append(13)
            bytes.put(domain.rawValue)
            bytes.append(isPrivate ? 1 : 0)
        case .suspended(let reason, let note):
            bytes.append(14)
            bytes.put(reason.rawValue)
            bytes.put(text: note)
        case .resumed: bytes.append(15)
        }
    }

    init(decoding bytes: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        position = try reader.position()
        at = try reader.timestamp()
        switch try reader.byte() {
        case 0: change = .none
        case 1:
            change = .added(
                try reader.tenant(), try reader.domain(),
                Locator(provider: try reader.text(), source: try reader.string()), try reader.configuration(),
                publicAddressesOnly: try reader.flag())
        case 2: change = .reconfigured(try reader.domain(), try reader.configuration())
        case 3: change = .removed
        case 4:
            change = .polled(
                changed: try reader.flag(), head: try reader.optionalSHA1(), validator: try reader.string(),
                try reader.flag() ? try reader.rateLimit() : nil, quota: try reader.text(),
                isScheduled: try reader.flag())
        case 5:
            change = .completed(
                commit: try reader.sha1(), tree: try reader.sha1(), files: try reader.uint64(),
                logicalBytes: try reader.uint64(), branch: try reader.string())
        case 6: change = .failed(try reader.failure())
        case 7: change = .retryScheduled(attempt: try reader.uint32(), at: try reader.timestamp())
        case 8: change = .gaveUp(attempts: try reader.uint32(), try reader.failure())
        case 9: change = .unscheduled
        case 10: change = .noticed
        case 11: change = .identified(try reader.uint64())
        case 12: change = .renamed(Locator(provider: try reader.text(), source: try reader.string()))
        case 13: change = .visibility(try reader.domain(), isPrivate: try reader.flag())
        case 14: change = .suspended(try reader.known("reason for a suspension"), note: try reader.text())
        case 15: change = .resumed
        case let kind: throw DecodingFailure("delta \(kind) of a repository is unknown")
        }
        try reader.end()
    }
}
