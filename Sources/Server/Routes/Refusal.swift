import Hummingbird
import Ingest
import ProviderKit

/// That a request was not taken for a report, and is counted as such.
struct Refusal: Error {
    let rejection: WebhookRejection
    /// What comes after it on its connection is not read.
    let closes: Bool
    /// More than the reason says by itself.
    let detail: String?

    init(_ rejection: WebhookRejection, closes: Bool, detail: String? = nil) {
        self.rejection = rejection
        self.closes = closes
        self.detail = detail
    }

    /// Nil for a signature that is genuine.
    init?(signature: WebhookSignature, closes: Bool = true) {
        switch signature {
        case .genuine: return nil
        case .missing: self.init(WebhookRejection.missingSignature, closes: closes)
        case .wrong: self.init(WebhookRejection.wrongSignature, closes: closes)
        case .notConfigured: self.init(WebhookRejection.notConfigured, closes: closes)
        }
    }

    func problem(_ limits: ServerLimits) -> Problem {
        switch rejection {
        case .missingSignature: problem(.unauthorized, "missingSignature", "the signature is missing")
        case .wrongSignature:
            problem(
                .unauthorized, "wrongSignature", "the signature is not one of this body made with a secret known here")
        case .notConfigured:
            problem(.unauthorized, "notConfigured", "no secret is configured here, so no signature can be checked")
        case .malformed: problem(.badRequest, "malformed", detail ?? "the report cannot be read")
        case .tooLarge:
            problem(.contentTooLarge, "tooLarge", "the body is larger than \(limits.bodyByteCount) bytes")
        case .wrongContentType:
            problem(
                .unsupportedMediaType, "wrongContentType",
                "the body must be application/json: choose that content type in the webhook's settings")
        case .tooSlow:
            problem(.requestTimeout, "tooSlow", "the body did not arrive within \(limits.bodySeconds) seconds")
        }
    }

    private func problem(_ status: HTTPResponse.Status, _ code: String, _ detail: String) -> Problem {
        Problem(status: status, code: code, detail: detail, closes: closes)
    }
}
