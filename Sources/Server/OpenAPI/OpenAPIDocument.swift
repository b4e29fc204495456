import Events
import Hummingbird

/// The description of the API at `/openapi.json` (OpenAPI 3.1).
enum OpenAPIDocument {
    /// Version of the API: the number in its paths, and what was added since.
    private static let version = "1.0.0"

    static let routes = [
        Route(.get, "/openapi.json", .open) { _ in
            Response(
                status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-cache"],
                body: .init(byteBuffer: ByteBuffer(string: text)))
        }
    ]

    private static let text = document.text

    static let document: JSONValue = .object([
        ("openapi", .string("3.1.0")),
        (
            "info",
            .object([
                ("title", .string("ingestor")), ("version", .string(version)),
                (
                    "description",
                    .string(
                        "What was ingested, when and why. A tenant's token sees that tenant alone; what is another's is answered "
                            + "as if it were not there. Lists are turned page by page with the cursor that each page gives. "
                            + "Refusals are application/problem+json (RFC 9457) with a stable code.")
                ), ("license", .object([("name", .string("See the project's repository"))])),
            ])
        ),
        ("servers", .array([.object([("url", .string("/"))])])),
        ("security", .array([.object([("token", .array([]))])])), ("paths", paths),
        (
            "components",
            .object([
                ("schemas", OpenAPISchemas.all),
                (
                    "securitySchemes",
                    .object([
                        (
                            "token",
                            .object([
                                ("type", .string("http")), ("scheme", .string("bearer")),
                                (
                                    "description",
                                    .string("INGESTOR_ADMIN_TOKEN, or a token that `ingestor tokens add` made.")
                                ),
                            ])
                        )
                    ])
                ),
            ])
        ),
    ])

    private static var paths: JSONValue {
        var paths: [(String, [(String, JSONValue)])] = []
        for operation in OpenAPIOperations.all {
            let entry = (operation.method, operation.json)
            if let index = paths.firstIndex(where: { $0.0 == operation.path }) {
                paths[index].1.append(entry)
            } else {
                paths.append((operation.path, [entry]))
            }
        }
        return .object(paths.map { ($0.0, .object($0.1)) })
    }
}
