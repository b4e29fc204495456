public import Events
public import Projections

/// What there is as scripts read it: the fields that commands give with `--json`, and the HTTP API.
public enum Forms {
    public typealias Fields = [(String, JSONValue)]

    /// A watched source.
    ///
    /// - Parameter tenant: the name of its tenant.
    public static func repository(_ row: RepositoryRow, tenant: String?) -> Fields {
        let name = row.branch.flatMap { $0.isEmpty ? nil : $0 } ?? row.configuration.branch
        var fields: Fields = [("repository", .count(row.id.rawValue))]
        fields += JSONValue.fields("locator", bytes: row.locator.bytes)
        fields.append(("tenant", text(tenant)))
        fields += name.map { JSONValue.fields("branch", bytes: $0) } ?? [("branch", .null)]
        fields += [
            ("lastSyncedAt", .time(row.lastSyncedAt)), ("lastCommit", .hash(row.lastCommit)),
            ("lastTree", .hash(row.lastTree)),
        ]
        fields += row.validator.isEmpty ? [("etag", .null)] : JSONValue.fields("etag", bytes: row.validator)
        fields += [
            ("rateLimitReset", .time(row.rateLimit?.resetAt)), ("retryCount", .count(row.retryCount)),
            ("nextRetryAt", .time(row.nextRetryAt)), ("isPrivate", .bool(row.configuration.isPrivate)),
            ("includePatterns", texts(row.configuration.include)),
            ("excludePatterns", texts(row.configuration.exclude)),
            ("keepHistoryDays", row.configuration.keepHistoryDays.map { .count($0) } ?? .null),
            ("fetchesLargeFiles", .bool(row.configuration.fetchesLargeFiles)),
            ("files", .count(row.files)), ("logicalBytes", .count(row.logicalBytes)),
            ("completeAsOf", .time(row.completeAsOf)), ("createdAt", .time(row.addedAt)),
            ("updatedAt", .time(row.updatedAt)),
        ]
        return fields
    }

    public static func file(_ entry: FileEntry) -> Fields {
        var fields = JSONValue.fields("path", bytes: entry.path)
        let mode = String(entry.mode, radix: 8)
        fields += [
            ("sha", .hash(entry.hash)), ("mode", .string(String(repeating: "0", count: max(0, 6 - mode.count)) + mode)),
            ("size", entry.size.map { .uint($0) } ?? .null), ("mimeType", text(entry.mimeType)),
        ]
        if entry.released != nil { fields.append(("released", .position(entry.released))) }
        if let reason = entry.skipReason { fields.append(("skipped", .string(reason.name))) }
        return fields
    }

    public static func blob(_ report: BlobReport) -> Fields {
        let stored = report.row.stored
        return [
            ("sha", .hash(report.row.hash)), ("sha256", .hash(stored?.contentHash)),
            ("size", stored.map { .uint($0.size) } ?? .null),
            ("storedSize", report.storedSize.map { .count($0) } ?? .null), ("mimeType", text(stored?.mimeType)),
            ("shard", report.shard.map { .uint($0.rawValue) } ?? .null), ("references", .uint(report.referenceCount)),
            ("createdAt", .time(report.createdAt)), ("isPublic", .bool(report.row.domain == .public)),
            ("isReadable", .bool(report.isReadable)), ("releasedAt", .time(report.row.released?.at)),
            ("damage", text(report.row.damage)),
            (
                "largeFile",
                report.largeFile.map {
                    .object([("sha", .hash($0.hash)), ("sha256", .hash($0.contentHash)), ("size", .uint($0.size))])
                } ?? .null
            ),
        ]
    }

    public static func statistics(_ statistics: StoreStatistics) -> Fields {
        [
            ("events", .uint(statistics.events)), ("repositories", .uint(statistics.repositories)),
            ("itemVersions", .uint(statistics.itemVersions)), ("blobs", .uint(statistics.blobs)),
            ("logicalBytes", .uint(statistics.logicalBytes)), ("uniqueBytes", .uint(statistics.uniqueBytes)),
            ("releasedBlobs", .uint(statistics.releasedBlobs)), ("releasedBytes", .uint(statistics.releasedBytes)),
            ("storedBytes", .uint(statistics.storedBytes)), ("shards", .uint(statistics.shards)),
            ("dedupRatio", statistics.dedupRatio.map { .double($0) } ?? .null),
            ("compressionRatio", .double(statistics.compressionRatio)),
        ]
    }

    public static func status(_ row: RepositoryStatus) -> Fields {
        let gaps = row.gaps.map { gap in
            JSONValue.object([
                ("reason", .string(gap.reason)), ("from", .hash(gap.from)), ("to", .hash(gap.to)),
                ("since", .time(gap.since)), ("position", gap.position.map { .position($0) } ?? .null),
            ])
        }
        let waiting = row.waiting.map { waiting in
            JSONValue.object([
                ("job", .position(waiting.job.id)), ("state", .string(waiting.cause.name)), ("at", .time(waiting.at)),
                ("attempts", .count(waiting.job.attempts)),
            ])
        }
        return [("repository", .count(row.repository.id.rawValue))]
            + JSONValue.fields("locator", bytes: row.repository.locator.bytes) + [
                ("commit", .hash(row.repository.lastCommit)), ("completeAsOf", .time(row.repository.completeAsOf)),
                ("gaps", .array(gaps)), ("jobs", .count(row.jobs.count)), ("waiting", .array(waiting)),
                ("deadLetters", .count(row.deadLetters.count)),
                ("retryCount", .count(row.repository.retryCount)), ("nextRetryAt", .time(row.repository.nextRetryAt)),
                (
                    "suspension",
                    row.repository.suspension.map {
                        .object([
                            ("reason", .string($0.reason.name)), ("since", .time($0.since)), ("note", .string($0.note)),
                        ])
                    } ?? .null
                ),
                (
                    "circuit",
                    row.circuit.map { .object([("host", .string($0.host)), ("until", .time($0.until))]) } ?? .null
                ),
                (
                    "pause",
                    row.pause.map { .object([("limit", .string($0.limit)), ("until", .time($0.until))]) } ?? .null
                ),
                ("rateLimitRemaining", row.repository.rateLimit.map { .uint($0.remaining) } ?? .null),
                ("rateLimitReset", .time(row.repository.rateLimit?.resetAt)),
            ]
    }

    /// A job that gave up.
    ///
    /// - Parameter locator: of its repository.
    public static func deadLetter(_ job: JobRow, locator: Locator?) -> Fields {
        let failure = job.failure?.failure
        var fields: Fields = [("job", .position(job.id)), ("repository", .count(job.repository.rawValue))]
        if let locator { fields += JSONValue.fields("locator", bytes: locator.bytes) }
        fields += [
            ("attempts", .count(job.attempts)), ("error", text(failure?.message)),
            ("class", text(failure?.errorClass.name)), ("code", text(failure?.code)),
            ("requestedAt", .time(job.requestedAt)), ("failedAt", .time(job.failure?.at)),
        ]
        return fields
    }

    public static func tenant(_ row: TenantRow) -> Fields {
        [
            ("tenant", .string(row.name)), ("id", .count(row.id.rawValue)), ("createdAt", .time(row.createdAt)),
            ("erasedAt", .time(row.erasedAt)),
        ] + row.limits.json
    }

    /// An access to this service; its token is kept nowhere.
    ///
    /// - Parameter tenant: the name of its tenant.
    public static func token(_ row: TokenRow, tenant: String?) -> Fields {
        [
            ("id", .position(row.id)), ("tenant", text(tenant)), ("name", .string(row.name)),
            ("createdAt", .time(row.issuedAt)), ("revokedAt", .time(row.revokedAt)),
        ]
    }

    static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }

    private static func texts(_ list: [[UInt8]]) -> JSONValue {
        .array(list.map { .string(String(decoding: $0, as: UTF8.self)) })
    }
}
