import Events
import Hummingbird
import ProviderKit

/// Reads what is sent to the API.
struct JSONBody: Sendable {
    let reader: BodyReader

    /// Nesting and values of a body: ten times what one that makes sense has.
    private static let limits = JSONLimits(depth: 8, values: 10_000)

    /// The bytes of a body, and what they say.
    ///
    /// - Parameter mayBeEmpty: nothing stands for an empty object.
    func read(_ request: Request, mayBeEmpty: Bool = false) async throws -> (bytes: [UInt8], json: JSON) {
        guard !reader.isTooLarge(request) else { throw BodyReader.Failure.tooLarge }
        return try await reader.read(request) { bytes in
            if bytes.isEmpty, mayBeEmpty { return (bytes, .object([])) }
            let type = request.headers[.contentType]?.split(separator: ";").first?.trimmingWhitespace().lowercased()
            guard type == "application/json" || type == "application/merge-patch+json" else {
                throw Problem(
                    status: .unsupportedMediaType, code: "wrongContentType",
                    detail: "the body has to be application/json")
            }
            do {
                return (bytes, try JSON(validating: bytes, limits: Self.limits))
            } catch {
                throw Problem.malformed("the body is no JSON: \(error)")
            }
        }
    }
}
