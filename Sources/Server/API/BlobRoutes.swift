import Events
import Hummingbird
import Queries

/// `/v1/blobs/{sha}`: the bytes of a content, whole or in part.
struct BlobRoutes: Sendable {
    let backend: APIBackend
    let streams: StreamBudget

    /// Bytes that are read and written together: one part of a large content, as the store keeps them unless told otherwise.
    private static let pieceByteCount = 4 << 20
    /// A larger content is an answer that takes long, of which there may be only so many.
    private static let quickByteCount = 1 << 20

    var routes: [Route] {
        [
            Route(.get, "/v1/blobs/{sha}", .token, content), Route(.get, "/v1/blobs/{sha}/metadata", .token, metadata),
        ]
    }

    private static func hash(_ exchange: Exchange) throws -> SHA1Hash {
        guard let hash = SHA1Hash(hex: try exchange.parameter("sha")) else {
            throw Problem.malformed("a content's id has 40 hex digits")
        }
        return hash
    }

    private func metadata(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow([])
        let report = try backend.queries(for: exchange).blob(try Self.hash(exchange))
        return .json(.ok, .object(Forms.blob(report)))
    }

    private func content(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow([])
        let hash = try Self.hash(exchange)
        let queries = try backend.queries(for: exchange)
        let info = try queries.contentInfo(hash)
        let tag = "\"\(hash.hex)\""
        var headers: HTTPFields = [
            .eTag: tag, .acceptRanges: "bytes", .contentType: info.mimeType,
            // It never changes, but the right to read it may.
            .cacheControl: "private, no-cache",
            // Somebody else's files are nothing that a browser should run here.
            .contentDisposition: "attachment", .contentSecurityPolicy: "default-src 'none'; sandbox",
        ]
        if Self.matches(exchange.request.headers[.ifNoneMatch], tag) {
            return Response(status: .notModified, headers: headers)
        }
        let isCurrent = exchange.request.headers[.ifRange].map { $0 == tag } ?? true
        let range: Range<Int>
        switch ByteRange(isCurrent ? exchange.request.headers[.range] : nil, of: info.size) {
        case .whole: range = 0..<info.size
        case .part(let part):
            range = part
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(info.size)"
        case .unsatisfiable:
            var problem = Problem(
                status: .rangeNotSatisfiable, code: "rangeNotSatisfiable", detail: "the content has \(info.size) bytes")
            problem.headers = [(.contentRange, "bytes */\(info.size)"), (.acceptRanges, "bytes")]
            throw problem
        }
        let isPart = headers[.contentRange] != nil
        return Response(
            status: isPart ? .partialContent : .ok, headers: headers, body: try body(hash, range, queries, exchange))
    }

    private func body(
        _ hash: SHA1Hash, _ range: Range<Int>, _ queries: Queries, _ exchange: Exchange
    ) throws -> ResponseBody {
        if range.count <= Self.quickByteCount {
            var buffer = ByteBuffer()
            buffer.reserveCapacity(range.count)
            try queries.content(hash, range: range) { buffer.writeBytes($0) }
            return ResponseBody(byteBuffer: buffer)
        }
        let place = try streams.take(exchange.caller)
        let executor = backend.executor
        return ResponseBody(contentLength: range.count) { writer in
            try await withTaskExecutorPreference(executor) {
                var offset = range.lowerBound
                while offset < range.upperBound {
                    let end = min(range.upperBound, (offset / Self.pieceByteCount + 1) * Self.pieceByteCount)
                    var buffer = ByteBuffer()
                    try queries.content(hash, range: offset..<end) { buffer.writeBytes($0) }
                    try await writer.write(buffer)
                    offset = end
                }
            }
            try await writer.finish(nil)
            withExtendedLifetime(place) {}
        }
    }

    private static func matches(_ header: String?, _ tag: String) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").contains { part in
            let text = part.trimmingWhitespace()
            return text == "*" || text == tag || text == "W/" + tag
        }
    }
}
