import Hummingbird
import NIOCore

/// Reads bodies into one buffer each, within the limits.
struct BodyReader: Sendable {
    /// What a buffer has room for before anything has arrived.
    private static let firstByteCount = 64 << 10
    /// After this part of a body its announced length is believed, and the buffer gets room for all of it, so that it
    /// is not copied again and again. Room that is not written to takes no memory.
    private static let trustedShare = 16

    let limits: ServerLimits
    let budget: ByteBudget

    /// Why a body was not read.
    enum Failure: Error {
        case tooLarge, tooSlow, noRoom, cut
    }

    /// Whether the head of a request alone says that its body is too large.
    func isTooLarge(_ request: Request) -> Bool { (Self.announced(request) ?? 0) > limits.bodyByteCount }

    /// Hands the whole body over; its bytes count until `use` returns.
    func read<Result: Sendable>(
        _ request: Request, _ use: ([UInt8]) async throws -> Result
    ) async throws -> Result {
        var body: [UInt8] = []
        defer { budget.giveBack(body.count) }
        try await fill(&body, from: request)
        return try await use(body)
    }

    private func fill(_ body: inout [UInt8], from request: Request) async throws(Failure) {
        let announced = Self.announced(request)
        body.reserveCapacity(min(announced ?? 0, Self.firstByteCount))
        do {
            for try await buffer in request.body {
                guard body.count + buffer.readableBytes <= limits.bodyByteCount else { throw Failure.tooLarge }
                guard budget.take(buffer.readableBytes) else { throw Failure.noRoom }
                if let announced, body.capacity < announced, body.count >= announced / Self.trustedShare {
                    body.reserveCapacity(announced)
                }
                buffer.withUnsafeReadableBytes { body.append(contentsOf: $0) }
            }
        } catch let failure as Failure {
            throw failure
        } catch is BodyTooSlow {
            throw .tooSlow
        } catch {
            throw .cut
        }
        guard announced == nil || announced == body.count else { throw .cut }
    }

    private static func announced(_ request: Request) -> Int? { request.headers[.contentLength].flatMap { Int($0) } }
}
