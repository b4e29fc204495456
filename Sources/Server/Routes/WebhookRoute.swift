import Events
import Hummingbird
import Ingest
import Logging
import ProviderKit

/// `POST /webhooks/{provider}`: reports of sources, answered once they are durable.
///
/// A stranger costs little: what the head of a request tells against it is told before its body is read, and every
/// refusal is only counted. What is wrong with a report beside its signature is told to whoever signed it, alone.
struct WebhookRoute: Sendable {
    private let receivers: [String: any WebhookReceiver]
    private let intake: any WebhookIntake
    private let reader: BodyReader
    private let logger: Logger

    init(receivers: [any WebhookReceiver], intake: any WebhookIntake, reader: BodyReader, logger: Logger) {
        self.receivers = Dictionary(receivers.map { ($0.provider, $0) }) { first, _ in first }
        self.intake = intake
        self.reader = reader
        self.logger = logger
    }

    func respond(to request: Request, provider: String) async throws -> Response {
        guard let receiver = receivers[provider] else {
            throw Problem(
                status: .notFound, code: "notFound", detail: "no provider here reports by that name", closes: true)
        }
        do {
            return try await receive(request, receiver)
        } catch let refusal as Refusal {
            await count(refusal.rejection, provider: provider)
            throw refusal.problem(reader.limits)
        }
    }

    private func receive(_ request: Request, _ receiver: any WebhookReceiver) async throws -> Response {
        let headers = WebhookHeaders(request.headers.lazy.map { (name: $0.name.rawName, value: $0.value) })
        guard !reader.isTooLarge(request) else { throw Refusal(.tooLarge, closes: true) }
        if let refusal = receiver.refusal(headers: headers).flatMap({ Refusal(signature: $0) }) { throw refusal }
        do {
            return try await reader.read(request) { body in
                let secret = try verify(body, headers, receiver)
                try checkContentType(request)
                let report = try decode(body, headers, receiver)
                return try await keep(
                    ReceivedWebhook(provider: receiver.provider, report: report, body: body, secret: secret))
            }
        } catch let failure as BodyReader.Failure {
            throw problem(failure)
        }
    }

    private func verify(
        _ body: [UInt8], _ headers: WebhookHeaders, _ receiver: any WebhookReceiver
    ) throws -> Int {
        let signature = body.withUnsafeBytes { receiver.verify(body: $0, headers: headers) }
        if case .genuine(let secret) = signature { return secret }
        throw Refusal(signature: signature, closes: false) ?? Refusal(.wrongSignature, closes: false)
    }

    private func checkContentType(_ request: Request) throws {
        let type = request.headers[.contentType]?.split(separator: ";").first ?? ""
        guard type.trimmingPrefix(while: \.isWhitespace).lowercased().split(separator: " ") == ["application/json"]
        else {
            throw Refusal(.wrongContentType, closes: false)
        }
        // Nothing is unpacked here: the signature is over what was sent, and what is small may be large inside.
        guard ["", "identity"].contains(request.headers[.contentEncoding]?.lowercased() ?? "") else {
            throw Refusal(.wrongContentType, closes: false)
        }
    }

    private func decode(
        _ body: [UInt8], _ headers: WebhookHeaders, _ receiver: any WebhookReceiver
    ) throws -> WebhookReport {
        do {
            return try body.withUnsafeBytes { try receiver.decode(body: $0, headers: headers) }
        } catch let error as ProviderError {
            throw Refusal(.malformed, closes: false, detail: error.message)
        }
    }

    private func keep(_ webhook: ReceivedWebhook) async throws -> Response {
        let receipt: WebhookReceipt
        do {
            receipt = try await intake.receive(webhook)
        } catch {
            logger.error(
                "A webhook could not be made durable",
                metadata: [
                    "provider": "\(webhook.provider)", "delivery": "\(webhook.report.delivery)", "error": "\(error)",
                ])
            throw unavailable("it could not be made durable: send it again")
        }
        return .json(
            .accepted,
            .object([
                ("position", .uint(receipt.position.rawValue)), ("delivery", .string(receipt.delivery)),
                ("duplicate", .bool(receipt.isDuplicate)),
            ]))
    }

    private func count(_ rejection: WebhookRejection, provider: String) async {
        do {
            try await intake.reject(rejection, provider: provider)
        } catch {
            // Its sender is told the same in any case; whoever cannot count here cannot accept reports either.
            logger.debug("A refused webhook could not be counted", metadata: ["error": "\(error)"])
        }
    }

    private func problem(_ failure: BodyReader.Failure) -> any Error {
        switch failure {
        case .tooLarge: return Refusal(.tooLarge, closes: true)
        case .tooSlow: return Refusal(.tooSlow, closes: true)
        case .noRoom:
            var problem = unavailable("too many bytes are being received: send it again")
            problem.closes = true
            return problem
        case .cut:
            return Problem(status: .badRequest, code: "malformed", detail: "the body ended too early", closes: true)
        }
    }

    private func unavailable(_ detail: String) -> Problem {
        Problem(
            status: .serviceUnavailable, code: "unavailable", detail: detail,
            retryAfterSeconds: reader.limits.retryAfterSeconds)
    }
}
