import Events

/// What the API can do.
enum OpenAPIOperations {
    static let all = repositories + content + happenings + standing + proofs

    private typealias Parameter = Operation.Parameter

    private static let json = "application/json"
    private static let id = Parameter.path("id", "The number of a repository.", Schema.integer(0...UInt64(Int64.max)))
    private static let key = Parameter.header(
        "Idempotency-Key", "The same request with the same key is carried out once, for a day.",
        .object([("type", .string("string")), ("minLength", .int(1)), ("maxLength", .int(255))]))
    private static let page = [
        Parameter.query(
            "limit", "Items of a page.", Schema.integer(1...UInt64(PageRequest.maximumLimit), default: 100)),
        Parameter.query(
            "cursor", "Where the page before it ended.", Schema.pattern("^[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]$")),
    ]
    private static let writeProblems = [408, 413, 415, 503]

    private static func answer(
        _ description: String, status: Int = 200, _ schema: JSONValue
    ) -> Operation.Answer {
        Operation.Answer(status: status, description: description, content: [(json, schema)])
    }

    private static let repositories = [
        Operation(
            method: "get", path: "/v1/repositories", id: "listRepositories", summary: "The sources that are watched",
            parameters: page, answers: [answer("A page of them.", Schema.page(of: "Repository"))]),
        Operation(
            method: "post", path: "/v1/repositories", id: "addRepository", summary: "Watches a source from now on",
            parameters: [key], body: (Schema.reference("NewRepository"), true),
            answers: [
                Operation.Answer(
                    status: 201, description: "It is watched.", content: [(json, Schema.reference("Repository"))],
                    headers: [("Location", Schema.text())])
            ], problems: writeProblems + [403, 404, 409, 422]),
        Operation(
            method: "get", path: "/v1/repositories/{id}", id: "showRepository", summary: "One source",
            parameters: [id], answers: [answer("What is known of it.", Schema.reference("Repository"))], problems: [404]
        ),
        Operation(
            method: "patch", path: "/v1/repositories/{id}", id: "changeRepository",
            summary: "Changes what is watched of a source, from its next sync on", parameters: [id],
            body: (Schema.reference("RepositoryChange"), true),
            answers: [answer("How it is now.", Schema.reference("Repository"))], problems: writeProblems + [404, 409]),
        Operation(
            method: "delete", path: "/v1/repositories/{id}", id: "removeRepository",
            summary: "Stops watching a source; what was ingested stays", parameters: [id],
            answers: [Operation.Answer(status: 204, description: "It is not watched any more.")], problems: [404, 409]),
        Operation(
            method: "post", path: "/v1/repositories/{id}/sync", id: "syncRepository",
            summary: "Asks for a source to be brought up to date", parameters: [id, key],
            body: (Schema.object([("force", Schema.boolean)], optional: ["force"]), false),
            answers: [
                Operation.Answer(
                    status: 202, description: "The job that will do it.", content: [(json, Schema.reference("Job"))],
                    headers: [("Location", Schema.text("What there is to read of it."))])
            ], problems: writeProblems + [404, 409, 422]),
    ]

    private static let moment = JSONValue.object([
        (
            "anyOf",
            .array([
                Schema.hash, Schema.pattern("^[0-9]{1,18}$", "A position in the log."),
                Schema.text(format: "date-time", "What was known then."),
            ])
        )
    ])

    private static let content = [
        Operation(
            method: "get", path: "/v1/repositories/{id}/files", id: "listFiles",
            summary: "The files of a source at a moment: all of them, or a page where a limit is given",
            parameters: [
                id, .query("at", "A commit or tree, a position, or a time; default: now.", moment),
                .query("limit", "Items of a page.", Schema.integer(1...FileRoutes.maximumLimit)),
                .query(
                    "cursor", "Where the page before it ended; it names its moment, so `at` is passed over.",
                    Schema.pattern("^([A-Za-z0-9_-]{4}){3,}([A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$")),
            ],
            answers: [
                Operation.Answer(
                    status: 200, description: "The files, in the order of their paths' bytes.",
                    content: [
                        (
                            json,
                            Schema.page(
                                of: "File",
                                [
                                    ("repository", Schema.count), ("commit", Schema.hash), ("tree", Schema.hash),
                                    ("position", Schema.count),
                                ])
                        ), ("application/x-ndjson", Schema.text("A file a line.")),
                    ])
            ], problems: [404, 409]),
        Operation(
            method: "get", path: "/v1/blobs/{sha}", id: "readBlob", summary: "The bytes of a content",
            parameters: [
                sha, .header("Range", "A part of them.", Schema.pattern("^bytes=[0-9]{1,15}-[0-9]{0,15}$")),
                .header("If-None-Match", "The tag of what is there already.", Schema.pattern("^\"[0-9a-f]{40}\"$")),
            ],
            answers: [
                Operation.Answer(
                    status: 200, description: "All of them.", content: [("*/*", .object([]))],
                    headers: [("ETag", Schema.text()), ("Accept-Ranges", Schema.text())]),
                Operation.Answer(
                    status: 206, description: "A part of them.", content: [("*/*", .object([]))],
                    headers: [("ETag", Schema.text()), ("Content-Range", Schema.text())]),
                Operation.Answer(status: 304, description: "They are the same."),
            ], problems: [404, 416]),
        Operation(
            method: "get", path: "/v1/blobs/{sha}/metadata", id: "showBlob", summary: "What is known of a content",
            parameters: [sha], answers: [answer("What is known.", Schema.reference("Blob"))], problems: [404]),
    ]

    private static let sha = Parameter.path("sha", "Git's id of a content.", Schema.hash)

    private static let happenings = [
        Operation(
            method: "get", path: "/v1/events", id: "readEvents",
            summary:
                "What happened, up to the present; as Server-Sent Events, or with `follow`, also what happens then",
            parameters: [
                .query("from", "The first position.", Schema.integer(0...UInt64(Int64.max), default: 0)),
                .query(
                    "kind", "Of these kinds alone.", Schema.list(of: Schema.choice(EventKind.allCases.map(\.name))),
                    isRepeated: true),
                .query("repository", "Of that source alone.", Schema.integer(0...UInt64(Int64.max))),
                .query("limit", "At most so many.", Schema.integer(0...UInt64(Int64.max))),
                .query("follow", "Go on with what happens from then on.", Schema.boolean),
                .header("Last-Event-ID", "Go on after this position.", Schema.pattern("^[0-9]{1,18}$")),
            ],
            answers: [
                Operation.Answer(
                    status: 200, description: "An event a line.",
                    content: [
                        ("application/x-ndjson", Schema.text("Each line is an Event.")),
                        ("text/event-stream", Schema.text("The data is an Event, the id its position.")),
                    ])
            ], problems: [404]),
        Operation(
            method: "get", path: "/v1/explain", id: "explain", summary: "The events that led to something",
            parameters: [
                .query(
                    "subject", "An id of 40 digits, a position, a delivery, LOCATOR or LOCATOR:PATH.",
                    .object([
                        ("type", .string("string")), ("minLength", .int(1)),
                        ("maxLength", .count(ReadRoutes.maximumSubjectLength)),
                    ]))
            ], required: ["subject"],
            answers: [answer("They, in their order.", Schema.page(of: "Event", [("isCut", Schema.boolean)]))],
            problems: [404]),
    ]

    private static let standing = [
        Operation(
            method: "get", path: "/v1/status", id: "showStatus",
            summary: "Up to what each source is complete, and what is missing and why",
            parameters: page + [.query("repository", "Of that source alone.", Schema.integer(0...UInt64(Int64.max)))],
            answers: [
                answer(
                    "A page of them.",
                    Schema.page(of: "Status", [("rateLimits", Schema.list(of: Schema.reference("RateLimit")))]))
            ], problems: [404]),
        Operation(
            method: "get", path: "/v1/stats", id: "showStatistics", summary: "What the store holds",
            answers: [answer("Counts and sizes.", Schema.reference("Statistics"))]),
        Operation(
            method: "get", path: "/v1/dead-letters", id: "listDeadLetters", summary: "The jobs that gave up",
            parameters: page, answers: [answer("A page of them.", Schema.page(of: "DeadLetter"))]),
        Operation(
            method: "get", path: "/v1/dead-letters/{id}", id: "showDeadLetter", summary: "One of them",
            parameters: [job], answers: [answer("It.", Schema.reference("DeadLetter"))], problems: [404]),
        Operation(
            method: "post", path: "/v1/dead-letters/{id}/retry", id: "retryDeadLetter",
            summary: "Makes it a job again, due at once", parameters: [job, key],
            answers: [answer("The job.", status: 202, Schema.reference("Job"))],
            problems: writeProblems + [404, 409, 422]),
    ]

    private static let job = Parameter.path("id", "The number of a job.", Schema.integer(0...UInt64(Int64.max)))

    private static let size = Schema.integer(1...UInt64(Int64.max))

    private static let proofs = [
        Operation(
            method: "get", path: "/v1/checkpoint", id: "showCheckpoint",
            summary: "What the log is now, signed (C2SP tlog-checkpoint)",
            answers: [
                Operation.Answer(
                    status: 200, description: "A checkpoint that is a minute old at most.",
                    content: [(json, Schema.reference("Checkpoint")), ("text/plain", Schema.text("The signed note."))])
            ]),
        Operation(
            method: "get", path: "/v1/proofs/inclusion", id: "proveInclusion",
            summary: "That an event is in the log (RFC 6962, section 2.1.1)",
            parameters: [
                .query("position", "The event.", Schema.integer(0...UInt64(Int64.max))),
                .query("size", "Among the first so many; default: what the newest checkpoint covers.", size),
            ], required: ["position"], answers: [answer("The proof.", Schema.reference("InclusionProof"))],
            problems: [404]),
        Operation(
            method: "get", path: "/v1/proofs/consistency", id: "proveConsistency",
            summary: "That the log at one size is the beginning of the log at another (RFC 6962, section 2.1.2)",
            parameters: [
                .query("from", "The size that it once had.", size),
                .query("to", "The later one; default: as it is.", size),
            ], required: ["from"], answers: [answer("The proof.", Schema.reference("ConsistencyProof"))],
            problems: [404]),
    ]
}
