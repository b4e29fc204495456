public import Events

/// Watched sources and what is known of each.
public enum RepositoriesProjection: Projection {
    public static let name = "repositories"
    public static let version: UInt32 = 1
    public static let tables: [Table] = [.repositories]

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
        if case .added(let tenant, let domain, let locator, let configuration) = delta.change {
            guard !row.isPresent else { return }
            var reader = ByteReader(key)
            let new = RepositoryRow(
                id: try reader.repository(), tenant: tenant, domain: domain, locator: locator,
                configuration: configuration, addedAt: delta.at)
            row.set(new.encode())
        } else {
            // An event of a repository that nobody added is one that nobody decided on: there is nothing to change.
            guard row.isPresent else { return }
            var repository = try RepositoryRow(key: key, decoding: row.bytes.span.bytes)
            repository.apply(delta)
            row.set(repository.encode())
        }
    }

    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        form.write(key: key, row: SplitRow.digested(row))
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
        case .polled(let changed, let head, let validator, let limit):
            polledHead = head
            polledAt = delta.at
            self.validator = validator
            if let limit { rateLimit = limit }
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
        }
    }
}
