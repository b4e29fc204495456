import Events
import Hummingbird
import Projections
import Queries

/// `/v1/repositories/{id}/files`: what a source had at a moment.
struct FileRoutes: Sendable {
    let backend: APIBackend
    let streams: StreamBudget

    static let maximumLimit: UInt64 = 10_000
    /// Bytes that are written together.
    private static let pieceByteCount = 64 << 10
    /// Files that are read together.
    private static let pageCount = 1024

    var routes: [Route] { [Route(.get, "/v1/repositories/{id}/files", .token, list)] }

    private func list(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow(["at", "limit", "cursor"])
        let queries = try backend.queries(for: exchange)
        let repository = try RepositoryRoutes.repository(exchange, queries)
        let limit = try exchange.query.number("limit", in: 1...Self.maximumLimit)
        let (view, start) = try place(exchange, repository, queries)
        let head: [(String, JSONValue)] = [
            ("repository", .count(repository.id.rawValue)), ("commit", .hash(view.sync.commit)),
            ("tree", .hash(view.sync.tree)), ("position", .position(view.position)),
        ]
        if let limit {
            let page = try queries.files(view, from: start, limit: Int(limit))
            return .list(
                page.entries.map { .object(Forms.file($0)) }, next: page.next.map { Self.cursor(view, $0) },
                further: head)
        }
        let place = try streams.take(exchange.caller)
        let isLines = exchange.accepts("application/x-ndjson")
        let executor = backend.executor
        return Response(
            status: .ok,
            headers: [
                .contentType: isLines ? "application/x-ndjson" : "application/json", .cacheControl: "no-store",
            ],
            body: ResponseBody { writer in
                try await withTaskExecutorPreference(executor) {
                    try await Self.write(view, from: start, head, isLines: isLines, queries, to: &writer)
                }
                try await writer.finish(nil)
                withExtendedLifetime(place) {}
            })
    }

    /// The moment that is asked for, and the path with which to begin. A cursor names both, so that a list does not change
    /// while somebody turns its pages.
    private func place(
        _ exchange: Exchange, _ repository: RepositoryRow, _ queries: Queries
    ) throws -> (RepositoryView, start: [UInt8]?) {
        let moment = try exchange.query.text("at").map { try Moment(parsing: Self.time($0)) }
        guard let cursor = try PageRequest.decoded(exchange.query) else {
            return (try queries.view(of: repository, at: moment), nil)
        }
        guard cursor.count > 8 else { throw PageRequest.wrongCursor }
        let position = LogPosition(cursor.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
        let view: RepositoryView
        do {
            view = try queries.view(of: repository, at: .position(position))
        } catch is QueryError {
            throw PageRequest.unknownCursor
        }
        guard view.position == position else { throw PageRequest.unknownCursor }
        return (view, Array(cursor.dropFirst(8)))
    }

    /// A time may hold a plus sign, which is a space in a query.
    static func time(_ text: String) -> String { text.replacing(" ", with: "+") }

    private static func cursor(_ view: RepositoryView, _ path: [UInt8]) -> String {
        let position = view.position.rawValue
        return Base64URL.encode((0..<8).map { UInt8(truncatingIfNeeded: position >> UInt64(56 - 8 * $0)) } + path)
    }

    private static func write(
        _ view: RepositoryView, from start: [UInt8]?, _ head: [(String, JSONValue)], isLines: Bool, _ queries: Queries,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        var buffer = ByteBuffer()
        if !isLines {
            let fields = head.map { "\"\($0.0)\":\($0.1.text)," }.joined()
            buffer.writeString("{\(fields)\"items\":[")
        }
        var next = start
        var isFirst = true
        repeat {
            let page = try queries.files(view, from: next, limit: pageCount)
            next = page.next
            for entry in page.entries {
                if !isLines, !isFirst { buffer.writeString(",") }
                isFirst = false
                buffer.writeString(JSONValue.object(Forms.file(entry)).text)
                if isLines { buffer.writeString("\n") }
                if buffer.readableBytes >= pieceByteCount {
                    try await writer.write(buffer)
                    buffer.clear()
                }
            }
        } while next != nil
        if !isLines { buffer.writeString("],\"nextCursor\":null}") }
        if buffer.readableBytes > 0 { try await writer.write(buffer) }
    }
}

extension PageRequest {
    /// It is written as one, and was not given here.
    static let unknownCursor = Problem(
        status: .notFound, code: "unknownCursor", detail: "the cursor is none that was given here: begin without one")

    /// The bytes of the cursor of a request; nil where there is none.
    static func decoded(_ query: QueryItems) throws(Problem) -> [UInt8]? {
        guard let text = try query.text("cursor") else { return nil }
        guard let bytes = Base64URL.decode(text), !bytes.isEmpty else { throw wrongCursor }
        return bytes
    }
}
