import Events

/// An event's payload in half a line.
enum EventSummary {
    static func text(_ event: Event) -> String {
        switch event {
        case .repositoryAdded(let payload):
            "\(payload.locator)\(payload.configuration.isPrivate ? "" : ", public")"
        case .repositoryReconfigured(let payload):
            payload.configuration.isPrivate ? "private" : "public"
        case .repositoryRemoved(let payload): payload.locator.description
        case .tenantErased(let payload):
            "number \(payload.id.rawValue), \(Units.count(payload.repositories, "repository", plural: "repositories"))"
        case .tenantLimited(let payload): Units.limits(payload.limits)
        case .tenantAdded(let payload): "\(payload.name), number \(payload.id.rawValue)"
        case .pollCompleted(let payload):
            "\(payload.changed ? "changed" : "unchanged")\(payload.head.map { " " + short($0) } ?? "")\(payload.ref.isEmpty ? "" : " " + text(payload.ref))"
        case .pollFailed(let payload): text(payload.failure)
        case .syncRequested(let payload): payload.reason.name
        case .syncStarted(let payload):
            "attempt \(payload.attempt)\(payload.fromCommit.map { " from \(short($0))" } ?? ", nothing known yet")"
        case .fetchCompleted(let payload):
            "\(payload.mode.name), \(Units.count(payload.requests, "request")), \(Units.bytes(payload.bytesReceived))\(payload.resumed ? ", from the spool" : "")"
        case .fetchFailed(let payload): "\(payload.mode.name), \(text(payload.failure))"
        case .itemsChanged(let payload): items(payload)
        case .syncCompleted(let payload):
            "\(payload.upToDate ? "up to date" : "now") at \(short(payload.commit)), \(Units.count(payload.files, "file")), "
                + "+\(Units.count(payload.upserted)) −\(Units.count(payload.removed))"
        case .syncFailed(let payload): "attempt \(payload.attempt), \(text(payload.failure))"
        case .retryScheduled(let payload): "attempt \(payload.attempt) at \(Units.time(payload.at))"
        case .jobDeadLettered(let payload):
            "job \(payload.job.rawValue) after \(Units.count(payload.attempts, "attempt")), \(text(payload.failure))"
        case .jobRequeued(let payload): "job \(payload.job.rawValue)"
        case .jobDropped(let payload):
            "job \(payload.job.rawValue)\(payload.reason.map { " (\($0.name))" } ?? "")"
        case .blobsStored(let payload):
            "\(Units.count(payload.blobs.count, "blob")), \(Units.bytes(payload.blobs.reduce(0) { $0 + $1.size }))"
        case .shardSealed(let payload):
            "shard \(payload.shard.rawValue), \(Units.count(payload.blobCount, "blob")), \(Units.bytes(payload.byteCount))"
        case .blobCorrupted(let payload): "\(short(payload.hash)) in shard \(payload.shard.rawValue), \(payload.code)"
        case .blobRepaired(let payload): "\(short(payload.hash)) in shard \(payload.shard.rawValue)"
        case .stateDigest(let payload): "after \(Units.count(payload.count, "event"))"
        case .blobRefused(let payload):
            "\(short(payload.hash)), \(Units.bytes(payload.refusedSize)): other content is kept under that id"
        case .checkpointSigned(let payload):
            "\(Units.count(payload.size, "event")), root \(payload.root.hex.prefix(12))"
        default: IntakeSummary.text(event)
        }
    }

    private static func short(_ hash: SHA1Hash?) -> String { hash.map { String($0.hex.prefix(12)) } ?? "–" }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func text(_ failure: Failure) -> String {
        "\(failure.code) (\(failure.errorClass.name)): \(failure.message)"
    }

    private static func items(_ payload: ItemsChanged) -> String {
        var counts: (upserted: Int, removed: Int, skipped: Int) = (0, 0, 0)
        for item in payload.items {
            switch item.content {
            case .upserted: counts.upserted += 1
            case .removed: counts.removed += 1
            case .skipped: counts.skipped += 1
            }
        }
        var parts: [String] = []
        if counts.upserted > 0 { parts.append("+\(counts.upserted)") }
        if counts.removed > 0 { parts.append("−\(counts.removed)") }
        if counts.skipped > 0 { parts.append("\(counts.skipped) skipped") }
        let first = payload.items.first.map { " \(text($0.path))" } ?? ""
        return parts.joined(separator: " ") + first + (payload.items.count > 1 ? ", …" : "")
    }

    /// What an event says of one path.
    static func text(_ item: ItemChange) -> String {
        switch item.content {
        case .upserted(let mode, let hash, let size):
            let what = mode == GitMode.submodule ? "submodule at" : "content"
            return
                "\(item.replaces == nil ? "new" : "changed"), \(what) \(short(hash)), \(Units.bytes(size)), mode \(String(mode, radix: 8))"
        case .removed: return "removed"
        case .skipped(_, _, let size, let reason): return "skipped: \(reason.name), \(Units.bytes(size))"
        }
    }
}
