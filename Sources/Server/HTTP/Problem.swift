import Events
import Hummingbird

/// Why a request was refused, as `application/problem+json` (RFC 9457).
struct Problem: Error, HTTPResponseError {
    let status: HTTPResponse.Status
    /// A stable word for programs.
    let code: String
    /// For people: what was wrong, and what to do. Never what the sender sent, and no secret.
    let detail: String
    /// The connection ends with the answer: more may be coming that nobody wants to read.
    var closes = false
    var retryAfterSeconds: Int?
    /// The methods that are allowed instead.
    var allow: String?
    /// How to show who one is.
    var challenge: String?
    /// Further fields of the answer.
    var headers: [(HTTPField.Name, String)] = []

    func response(from request: Request, context: some RequestContext) -> Response { response }

    var response: Response {
        let body = JSONValue.object([
            ("type", .string("about:blank")), ("title", .string(status.reasonPhrase)),
            ("status", .int(Int64(status.code))), ("detail", .string(detail)), ("code", .string(code)),
        ])
        var headers: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
        if closes { headers[.connection] = "close" }
        if let retryAfterSeconds { headers[.retryAfter] = String(retryAfterSeconds) }
        if let allow { headers[.allow] = allow }
        if let challenge { headers[.wwwAuthenticate] = challenge }
        for (name, value) in self.headers { headers[name] = value }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: body.text)))
    }
}

extension Response {
    /// JSON that must not be kept by anybody on the way.
    static func json(_ status: HTTPResponse.Status, _ value: JSONValue) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: value.text)))
    }
}
