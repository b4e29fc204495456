import Events

/// What the API gives and takes.
enum OpenAPISchemas {
    static let all: JSONValue = .object([
        ("Problem", problem), ("Repository", repository), ("NewRepository", newRepository),
        ("RepositoryChange", repositoryChange), ("File", file), ("Blob", blob), ("Event", event), ("Status", status),
        ("Statistics", statistics), ("DeadLetter", deadLetter), ("Job", job), ("RateLimit", rateLimit),
        ("Checkpoint", checkpoint), ("InclusionProof", inclusionProof), ("ConsistencyProof", consistencyProof),
    ])

    private static let problem = Schema.object(
        [
            ("type", Schema.text()), ("title", Schema.text()), ("status", Schema.integer(400...599)),
            ("detail", Schema.text("What was wrong, and what to do.")),
            ("code", Schema.text("A stable word for programs.")),
        ], isOpen: true)

    private static let bytesNote = "The bytes in base64, where they are no UTF-8."

    private static let repository = Schema.object(
        [
            ("repository", Schema.count), ("locator", Schema.text()), ("locatorBase64", Schema.text(bytesNote)),
            ("tenant", Schema.optional(Schema.text())), ("branch", Schema.optional(Schema.text())),
            ("branchBase64", Schema.text(bytesNote)), ("lastSyncedAt", Schema.optional(Schema.time)),
            ("lastCommit", Schema.optional(Schema.hash)), ("lastTree", Schema.optional(Schema.hash)),
            ("etag", Schema.optional(Schema.text("What the source compares the next time."))),
            ("etagBase64", Schema.text(bytesNote)), ("rateLimitReset", Schema.optional(Schema.time)),
            ("retryCount", Schema.count), ("nextRetryAt", Schema.optional(Schema.time)), ("isPrivate", Schema.boolean),
            ("includePatterns", Schema.list(of: Schema.text())), ("excludePatterns", Schema.list(of: Schema.text())),
            ("keepHistoryDays", Schema.optional(Schema.count)), ("fetchesLargeFiles", Schema.boolean),
            ("files", Schema.count), ("logicalBytes", Schema.count), ("completeAsOf", Schema.optional(Schema.time)),
            ("createdAt", Schema.time), ("updatedAt", Schema.time),
        ], optional: ["locatorBase64", "branchBase64", "etagBase64"])

    private static let patterns = Schema.list(
        of: .object([
            ("type", .string("string")), ("minLength", .int(1)),
            ("maxLength", .count(RepositoryBody.maximumTextLength)),
        ]),
        atMost: RepositoryBody.maximumPatternCount)

    private static let configuration: Schema.Fields = [
        (
            "branch",
            .object([
                ("type", .array([.string("string"), .string("null")])), ("minLength", .int(1)),
                ("maxLength", .count(RepositoryBody.maximumTextLength)),
                ("description", .string("null: the one that the source's HEAD names.")),
            ])
        ),
        ("isPrivate", Schema.boolean), ("includePatterns", patterns), ("excludePatterns", patterns),
        ("keepHistoryDays", Schema.optional(Schema.integer(1...UInt64(UInt32.max)))),
        ("fetchesLargeFiles", Schema.boolean),
    ]

    private static let newRepository = Schema.object(
        [
            (
                "locator",
                .object([
                    ("type", .string("string")), ("maxLength", .count(RepositoryBody.maximumTextLength)),
                    ("description", .string("github:OWNER/NAME or git:URL.")),
                    ("examples", .array([.string("git:https://example.org/project.git")])),
                ])
            ),
            ("tenant", Schema.optional(Schema.text("For the administrator: whose it is; else the token's own."))),
        ] + configuration, optional: Set(configuration.map(\.0) + ["tenant"]))

    private static let repositoryChange = Schema.object(configuration, optional: Set(configuration.map(\.0)))

    private static let file = Schema.object(
        [
            ("path", Schema.text("What is no UTF-8 is U+FFFD here.")), ("pathBase64", Schema.text(bytesNote)),
            ("sha", Schema.hash), ("mode", Schema.pattern("^[0-7]{6}$")), ("size", Schema.optional(Schema.count)),
            ("mimeType", Schema.optional(Schema.text())), ("skipped", Schema.text("Why the content was not taken.")),
            ("released", Schema.count),
        ], optional: ["pathBase64", "skipped", "released"])

    private static let blob = Schema.object([
        ("sha", Schema.hash), ("sha256", Schema.optional(Schema.contentHash)), ("size", Schema.optional(Schema.count)),
        ("storedSize", Schema.optional(Schema.count)), ("mimeType", Schema.optional(Schema.text())),
        ("shard", Schema.optional(Schema.count)), ("references", Schema.count),
        ("createdAt", Schema.optional(Schema.time)), ("isPublic", Schema.boolean), ("isReadable", Schema.boolean),
        ("releasedAt", Schema.optional(Schema.time)),
        ("damage", Schema.optional(Schema.text())),
        (
            "largeFile",
            Schema.optional(
                Schema.object([("sha", Schema.hash), ("sha256", Schema.contentHash), ("size", Schema.count)]))
        ),
    ])

    private static let event = Schema.object([
        ("position", Schema.count), ("kind", Schema.choice(EventKind.allCases.map(\.name))), ("at", Schema.time),
        ("repository", Schema.optional(Schema.count)), ("locator", Schema.optional(Schema.text())),
        ("tenant", Schema.optional(Schema.text())), ("correlation", Schema.count),
        ("causation", Schema.optional(Schema.count)),
        ("sealed", Schema.optional(Schema.text("Why what is a tenant's is left out."))),
        ("payload", .object([("type", .string("object"))])),
    ])

    private static let gap = Schema.object([
        ("reason", Schema.text()), ("from", Schema.optional(Schema.hash)), ("to", Schema.optional(Schema.hash)),
        ("since", Schema.time), ("position", Schema.optional(Schema.count)),
    ])

    private static let waiting = Schema.object([
        ("job", Schema.count), ("state", Schema.text()), ("at", Schema.optional(Schema.time)),
        ("attempts", Schema.count),
    ])

    private static let status = Schema.object(
        [
            ("repository", Schema.count), ("locator", Schema.text()), ("locatorBase64", Schema.text(bytesNote)),
            ("commit", Schema.optional(Schema.hash)), ("completeAsOf", Schema.optional(Schema.time)),
            ("gaps", Schema.list(of: gap)), ("jobs", Schema.count), ("waiting", Schema.list(of: waiting)),
            ("deadLetters", Schema.count), ("retryCount", Schema.count), ("nextRetryAt", Schema.optional(Schema.time)),
            (
                "suspension",
                Schema.optional(
                    Schema.object([("reason", Schema.text()), ("since", Schema.time), ("note", Schema.text())]))
            ),
            (
                "circuit",
                Schema.optional(Schema.object([("host", Schema.text()), ("until", Schema.optional(Schema.time))]))
            ),
            ("pause", Schema.optional(Schema.object([("limit", Schema.text()), ("until", Schema.time)]))),
            ("rateLimitRemaining", Schema.optional(Schema.count)), ("rateLimitReset", Schema.optional(Schema.time)),
        ], optional: ["locatorBase64"])

    private static let statistics = Schema.object([
        ("events", Schema.count), ("repositories", Schema.count), ("itemVersions", Schema.count),
        ("blobs", Schema.count),
        ("logicalBytes", Schema.count), ("uniqueBytes", Schema.count), ("releasedBlobs", Schema.count),
        ("releasedBytes", Schema.count), ("storedBytes", Schema.count),
        ("shards", Schema.count), ("dedupRatio", Schema.optional(Schema.number)), ("compressionRatio", Schema.number),
    ])

    private static let deadLetter = Schema.object(
        [
            ("job", Schema.count), ("repository", Schema.count), ("locator", Schema.text()),
            ("locatorBase64", Schema.text(bytesNote)), ("attempts", Schema.count),
            ("error", Schema.optional(Schema.text())),
            ("class", Schema.optional(Schema.text())), ("code", Schema.optional(Schema.text())),
            ("requestedAt", Schema.time), ("failedAt", Schema.optional(Schema.time)),
        ], optional: ["locator", "locatorBase64"])

    private static let job = Schema.object(
        [
            ("job", Schema.count), ("repository", Schema.count), ("locator", Schema.text()),
            ("locatorBase64", Schema.text(bytesNote)),
        ], optional: ["locator", "locatorBase64"])

    private static let rateLimit = Schema.object([
        ("quota", Schema.text()), ("limit", Schema.optional(Schema.count)),
        ("remaining", Schema.optional(Schema.count)),
        ("resetAt", Schema.optional(Schema.time)), ("retryAt", Schema.optional(Schema.time)), ("at", Schema.time),
    ])

    private static let note = Schema.optional(Schema.text("The signed checkpoint of that size, where there is one."))

    private static let checkpoint = Schema.object([
        ("origin", Schema.text()), ("size", Schema.count), ("root", Schema.contentHash), ("position", Schema.count),
        ("publicKey", Schema.text()), ("checkpoint", Schema.text("The signed note.")),
    ])

    private static let inclusionProof = Schema.object([
        ("position", Schema.count), ("leafHash", Schema.contentHash), ("size", Schema.count),
        ("root", Schema.contentHash),
        ("path", Schema.list(of: Schema.contentHash)),
        ("record", Schema.text("In base64; its leaf hash follows from it.")),
        ("checkpoint", note),
    ])

    private static let consistencyProof = Schema.object([
        ("from", Schema.count), ("fromRoot", Schema.contentHash), ("to", Schema.count), ("toRoot", Schema.contentHash),
        ("path", Schema.list(of: Schema.contentHash)), ("fromCheckpoint", note), ("checkpoint", note),
    ])
}
