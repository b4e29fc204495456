import Events
import Hummingbird
import Queries
import ServiceLifecycle

/// Writes events as they happen to somebody who may be slow to read them: no more than a page is in memory, and the next
/// one is read when the connection has taken it.
struct EventStream: Sendable {
    enum Format: Sendable {
        /// Newline-delimited JSON.
        case lines
        /// The event stream of the HTML standard, section 9.2; an event's id is its position.
        case serverSentEvents
        /// The same, with something that is made of each event instead of its JSON.
        case rendered(@Sendable (Envelope, inout EventForms) throws -> String)

        var contentType: String { isSSE ? "text/event-stream" : "application/x-ndjson" }

        var isSSE: Bool { if case .lines = self { false } else { true } }
    }

    let queries: Queries
    let filter: EventFilter
    let format: Format
    let follows: Bool
    /// How often it is looked for new events.
    let pollSeconds: Double
    /// Where nothing happens, something is written all the same after this time, so that a connection that is gone is found.
    let heartbeatSeconds: Double
    /// Whether the access with which it began still is one. Asked with each heartbeat.
    let isAllowed: @Sendable () throws -> Bool

    /// Bytes that are written together, unless one event is larger.
    private static let pieceByteCount = 64 << 10
    /// What browsers are told to wait before they connect again.
    private static let retryMilliseconds = 2000

    func response(place: StreamBudget.Place, executor: (any TaskExecutor)?) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: format.contentType, .cacheControl: "no-store",
                // Proxies that gather answers before they pass them on are asked not to.
                .accelBuffering: "no",
            ],
            body: ResponseBody { writer in
                try await withTaskExecutorPreference(executor) { try await write(to: &writer) }
                try await writer.finish(nil)
                withExtendedLifetime(place) {}
            })
    }

    private func write(to writer: inout any ResponseBodyWriter) async throws {
        var forms = EventForms(queries)
        var buffer = ByteBuffer()
        if format.isSSE { buffer.writeString("retry: \(Self.retryMilliseconds)\n\n") }
        var next = filter.from
        var left = filter.limit ?? .max
        var quietSeconds = 0.0
        while left > 0, !Task.isShuttingDownGracefully {
            let page = try page(from: next, atMost: left)
            next = page.next
            left -= page.events.count
            for envelope in page.events {
                try write(envelope, &forms, to: &buffer)
                if buffer.readableBytes >= Self.pieceByteCount {
                    try await writer.write(buffer)
                    buffer.clear()
                }
            }
            if buffer.readableBytes > 0 {
                try await writer.write(buffer)
                buffer.clear()
                quietSeconds = 0
            }
            guard !page.hasMore else { continue }
            guard follows else { return }
            try await Task.sleep(for: .seconds(pollSeconds))
            quietSeconds += pollSeconds
            if quietSeconds >= heartbeatSeconds {
                quietSeconds = 0
                guard try isAllowed() else { return }
                buffer.writeString(format.isSSE ? ": still here\n\n" : "\n")
            }
        }
    }

    private func page(
        from start: LogPosition, atMost limit: Int
    ) throws -> (events: [Envelope], next: LogPosition, hasMore: Bool) {
        var filter = filter
        filter.from = start
        filter.limit = min(limit, filter.pageCount)
        var events: [Envelope] = []
        let end = try queries.forEachEvent(filter) { events.append($0) }
        guard events.count == filter.limit, let last = events.last else { return (events, max(start, end), false) }
        return (events, last.position + 1, true)
    }

    private func write(_ envelope: Envelope, _ forms: inout EventForms, to buffer: inout ByteBuffer) throws {
        func json() throws -> String { JSONValue.object(try forms.fields(envelope)).text }
        switch format {
        case .lines: buffer.writeString(try json() + "\n")
        case .serverSentEvents:
            // The JSON has no line breaks of its own.
            buffer.writeString(
                "id: \(envelope.position.rawValue)\nevent: \(envelope.event.kind.name)\ndata: \(try json())\n\n")
        case .rendered(let render):
            let text = try render(envelope, &forms).replacing("\n", with: " ").replacing("\r", with: " ")
            buffer.writeString("id: \(envelope.position.rawValue)\ndata: \(text)\n\n")
        }
    }
}
