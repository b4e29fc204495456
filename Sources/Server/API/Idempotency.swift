import Events
import Hummingbird
import Ingest
import Synchronization

/// Remembers what was answered to requests with an `Idempotency-Key`, so that one that is sent again is not carried out
/// again. It forgets with the process; what the routes do is made so that the same request then finds its own work done.
final class Idempotency: Sendable {
    /// Answers are remembered for so long, and so many of them.
    static let keptSeconds = 86_400.0
    static let maximumCount = 10_000
    static let maximumKeyByteCount = 255

    private struct Slot: Hashable {
        var caller: Caller
        var key: String
    }

    private struct Entry {
        /// Of method, path and body.
        var request: SHA256Hash
        var at: Timestamp
        /// Nil: it is being carried out.
        var answer: (status: HTTPResponse.Status, headers: HTTPFields, body: String)?
    }

    private let now: @Sendable () -> Timestamp
    private let entries = Mutex<[Slot: Entry]>([:])

    init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    /// An answer, with its body at hand.
    struct Answer: Sendable {
        var status: HTTPResponse.Status
        var headers: HTTPFields = [:]
        var body: JSONValue
    }

    /// Carries a request out, or gives the answer that it was given before.
    ///
    /// - Parameter body: told whether the request has a key.
    func once(
        _ exchange: Exchange, bytes: [UInt8], _ body: (_ hasKey: Bool) async throws -> Answer
    ) async throws -> Response {
        guard let key = exchange.request.headers[.idempotencyKey] else { return Self.response(try await body(false)) }
        guard (1...Self.maximumKeyByteCount).contains(key.utf8.count) else {
            throw Problem.malformed("Idempotency-Key has 1 to \(Self.maximumKeyByteCount) bytes")
        }
        let slot = Slot(caller: exchange.caller, key: key)
        let target = "\(exchange.request.method.rawValue) \(exchange.request.uri.string)\n"
        if let known = try begin(slot, AccessToken.hash(Array(target.utf8) + bytes)) { return known }
        do {
            let answer = try await body(true)
            entries.withLock { $0[slot]?.answer = (answer.status, answer.headers, answer.body.text) }
            return Self.response(answer)
        } catch {
            // What failed may be tried again.
            entries.withLock { $0[slot] = nil }
            throw error
        }
    }

    private func begin(_ slot: Slot, _ request: SHA256Hash) throws -> Response? {
        let time = now()
        return try entries.withLock { entries in
            if let entry = entries[slot], time.seconds(since: entry.at) < Self.keptSeconds {
                guard entry.request == request else {
                    throw Problem(
                        status: .unprocessableContent, code: "idempotencyKeyReused",
                        detail: "this Idempotency-Key was used for another request: make a new one")
                }
                guard let answer = entry.answer else {
                    throw Problem(
                        status: .conflict, code: "idempotencyInProgress",
                        detail: "the same request is being carried out",
                        retryAfterSeconds: 1)
                }
                var headers = answer.headers
                headers[.idempotentReplayed] = "true"
                headers[.contentType] = "application/json"
                headers[.cacheControl] = "no-store"
                return Response(
                    status: answer.status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: answer.body)))
            }
            if entries.count >= Self.maximumCount {
                let ages = entries.values.map(\.at).sorted()
                let oldest = ages[ages.count / 4]
                entries = entries.filter { $0.value.at > oldest || $0.value.answer == nil }
            }
            entries[slot] = Entry(request: request, at: time)
            return nil
        }
    }

    private static func response(_ answer: Answer) -> Response {
        var response = Response.json(answer.status, answer.body)
        for field in answer.headers { response.headers[field.name] = field.value }
        return response
    }
}
