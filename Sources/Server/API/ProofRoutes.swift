import Events
import Hummingbird
import Queries

/// `/v1/checkpoint` and `/v1/proofs`: what the log is, for somebody who does not trust whoever keeps it.
struct ProofRoutes: Sendable {
    let backend: APIBackend
    /// The newest checkpoint, as the command gives it; signs one where the newest is old.
    let checkpoint: @Sendable () async throws -> Forms.Fields

    var routes: [Route] {
        [
            Route(.get, "/v1/checkpoint", .token, newest), Route(.get, "/v1/proofs/inclusion", .token, inclusion),
            Route(.get, "/v1/proofs/consistency", .token, consistency),
        ]
    }

    private func newest(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow([])
        let fields = try await checkpoint()
        guard exchange.accepts("text/plain"), case .string(let note) = fields.first(where: { $0.0 == "checkpoint" })?.1
        else { return .json(.ok, .object(fields)) }
        return Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: note)))
    }

    private func inclusion(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow(["position", "size"])
        guard let position = try exchange.query.number("position") else {
            throw Problem.malformed("position has to name an event")
        }
        let size = try exchange.query.number("size", in: 1...UInt64(Int64.max))
        return .json(
            .ok,
            .object(
                try backend.queries(for: exchange).inclusionProof(of: LogPosition(position), in: size)))
    }

    private func consistency(_ exchange: Exchange) async throws -> Response {
        try exchange.query.allow(["from", "to"])
        guard let from = try exchange.query.number("from", in: 1...UInt64(Int64.max)) else {
            throw Problem.malformed("from has to be a size that the log once had")
        }
        let to = try exchange.query.number("to", in: 1...UInt64(Int64.max))
        return .json(.ok, .object(try backend.queries(for: exchange).consistencyProof(from: from, to: to)))
    }
}
