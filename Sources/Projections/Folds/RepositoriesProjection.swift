public import Events

/// Watched sources, what is known of each, and where to find one by what its provider calls it.
public enum RepositoriesProjection: Projection {
    public static let name = "repositories"
    public static let version: UInt32 = 2
    public static let tables: [Table] = [.repositories, .repositoriesByExternalID, .repositoriesByLocator]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        guard let repository = envelope.header.repository else { return }
        deltas.add(.repositories) {
            $0.put(repository)
        } delta: {
            RepositoryDelta(envelope).encode(into: &$0)
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        let delta = try RepositoryDelta(decoding: delta)
        if case .added(let tenant, let domain, let locator, let configuration, let isPublic) = delta.change {
            guard !row.isPresent else { return }
            var reader = ByteReader(key)
            var new = RepositoryRow(
                id: try reader.repository(), tenant: tenant, domain: domain, locator: locator,
                configuration: configuration, addedAt: delta.at)
            new.publicAddressesOnly = isPublic
            row.set(new.encode())
        } else {
            // An event of a repository that nobody added is one that nobody decided on: there is nothing to change.
            guard row.isPresent else { return }
            var repository = try RepositoryRow(key: key, decoding: row.bytes.span.bytes)
            repository.apply(delta)
            row.set(repository.encode())
        }
    }

    public static func derive(
        _ table: Table, key: RawSpan, row: RawSpan, into derivation: inout Derivation
    ) throws(DecodingFailure) {
        guard table == .repositories else { return }
        let repository = try RepositoryRow(key: key, decoding: row)
        guard !repository.isRemoved else { return }
        let tenant = repository.tenant.rawValue
        if let externalID = repository.externalID {
            derivation.entry(.repositoriesByExternalID, tenant: tenant) { key in
                key.append(contentsOf: RepositoryRow.externalKey(repository.locator.provider, externalID))
                key.put(repository.id)
            }
        }
        derivation.entry(.repositoriesByLocator, tenant: tenant) { key in
            key.append(contentsOf: RepositoryRow.locatorKey(repository.locator))
            key.put(repository.id)
        }
    }

    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        switch table {
        case .repositories: form.write(key: key, row: SplitRow.digested(row))
        // A locator is sealed: the repository alone stands for it.
        case .repositoriesByLocator:
            form.write(key: key.extracting(max(0, key.byteCount - 8)..<key.byteCount), row: row)
        default: form.write(key: key, row: row)
        }
    }
}

extension RepositoryRow {
    /// What the keys of `repositoriesByExternalID` begin with; the repository's id follows.
    public static func externalKey(_ provider: String, _ externalID: UInt64) -> [UInt8] {
        var key: [UInt8] = []
        key.put(text: provider)
        key.put(externalID)
        return key
    }

    /// Bytes of a locator that fit a key; several longer ones may share it.
    private static let maximumLocatorByteCount = 400

    /// What the keys of `repositoriesByLocator` begin with; the repository's id follows. Several locators may share it.
    public static func locatorKey(_ locator: Locator) -> [UInt8] {
        var key: [UInt8] = []
        let bytes = locator.bytes
        key.put(UInt32(bytes.count))
        key.append(contentsOf: bytes.prefix(maximumLocatorByteCount))
        return key
    }
}

extension RepositoryRow {
    mutating func apply(_ delta: RepositoryDelta) {
        lastPosition = delta.position
        switch delta.change {
        case .none, .added, .noticed: break
        case .reconfigured(let domain, let configuration):
            updatedAt = delta.at
            self.domain = domain
            self.configuration = configuration
        case .removed:
            updatedAt = delta.at
            removedAt = delta.at
            nextRetryAt = nil
        case .polled(let changed, let head, let validator, let limit, let quota, let isScheduled):
            polledHead = head
            polledAt = delta.at
            polledPosition = delta.position
            self.validator = validator
            if let limit { rateLimit = limit }
            if !quota.isEmpty { self.quota = quota }
            if isScheduled { countPoll(changed: changed) }
            if !changed {
                completeAsOf = delta.at
                lastFailure = nil
            }
        case .completed(let commit, let tree, let files, let logicalBytes, let branch):
            lastCompleted = delta.position
            lastSyncedAt = delta.at
            lastCommit = commit
            lastTree = tree
            self.files = files
            self.logicalBytes = logicalBytes
            self.branch = branch.isEmpty ? nil : branch
            // What the source was like was seen by the poll; the sync only brought it here.
            completeAsOf = polledHead == commit ? polledAt : delta.at
            retryCount = 0
            nextRetryAt = nil
            lastFailure = nil
            isIdentityDue = false
        case .failed(let failure):
            lastFailure = RecordedFailure(failure: failure, at: delta.at, position: delta.position)
        case .retryScheduled(let attempt, let at):
            retryCount = attempt == 0 ? 0 : attempt - 1
            nextRetryAt = at
        case .gaveUp(let attempts, let failure):
            retryCount = attempts
            nextRetryAt = nil
            lastFailure = RecordedFailure(failure: failure, at: delta.at, position: delta.position)
        case .unscheduled:
            nextRetryAt = nil
        case .identified(let externalID): self.externalID = externalID
        case .renamed(let locator):
            self.locator = locator
            isIdentityDue = true
        case .visibility(let domain, let isPrivate):
            updatedAt = delta.at
            self.domain = domain
            configuration.isPrivate = isPrivate
            isIdentityDue = true
        case .suspended(let reason, let note):
            suspension = Suspension(reason: reason, since: delta.at, note: note)
        case .resumed: suspension = nil
        }
    }

    private mutating func countPoll(changed: Bool) {
        if changed {
            changedPolls = min(changedPolls + 1, Self.maximumChangedPolls)
            quietPolls = 0
        } else {
            changedPolls -= changedPolls > 0 ? 1 : 0
            quietPolls &+= 1
        }
    }

    /// Where ``changedPolls`` ends, so that a repository that has calmed down is asked less often soon.
    private static var maximumChangedPolls: UInt32 { 16 }
}
