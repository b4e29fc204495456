import Events
import Hummingbird
import Ingest

/// Reads what forms send, and holds it against who may send it.
struct FormReader: Sendable {
    let reader: BodyReader

    /// The fields of a form.
    func read(_ request: Request) async throws -> QueryItems {
        guard !reader.isTooLarge(request) else { throw BodyReader.Failure.tooLarge }
        let type = request.headers[.contentType]?.split(separator: ";").first?.trimmingWhitespace().lowercased()
        return try await reader.read(request) { bytes in
            guard bytes.isEmpty || type == "application/x-www-form-urlencoded" else {
                throw Problem(
                    status: .unsupportedMediaType, code: "wrongContentType",
                    detail: "this is for the forms of the dashboard")
            }
            return try QueryItems(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Another site can make a browser send a form, but cannot know what belongs into it. Whoever shows a token itself is no
    /// such browser.
    ///
    /// - Throws: `Problem` where the form is not from a page of this session.
    func check(_ exchange: Exchange, _ sessions: Sessions) async throws {
        guard exchange.caller != .nobody else { throw Problem.missingToken }
        let fields = try await read(exchange.request)
        guard exchange.request.headers[.authorization] == nil else { return }
        guard let session = sessions.session(of: exchange.request), let sent = try fields.text("csrf"),
            AccessToken.areEqual(AccessToken.hash(Array(sent.utf8)), AccessToken.hash(Array(session.csrf.utf8)))
        else {
            throw Problem(
                status: .forbidden, code: "wrongForm", detail: "the form is not from this session: load its page again")
        }
    }
}
