import Hummingbird

/// One field of a head; the framework shows the type of all of them together.
typealias HTTPField = HTTPFields.Element

extension HTTPField.Name {
    // Names that are tokens, as these are, always make one.
    static let traceparent = named("traceparent")
    static let contentTypeOptions = named("X-Content-Type-Options")
    static let idempotencyKey = named("Idempotency-Key")
    static let idempotentReplayed = named("Idempotent-Replayed")
    static let lastEventID = named("Last-Event-ID")
    static let accelBuffering = named("X-Accel-Buffering")
    static let contentSecurityPolicy = named("Content-Security-Policy")
    static let referrerPolicy = named("Referrer-Policy")

    private static func named(_ text: String) -> Self {
        guard let name = Self(text) else { preconditionFailure("\(text) is no name of a header field") }
        return name
    }
}
