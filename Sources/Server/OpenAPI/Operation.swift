import Events

/// One operation of an OpenAPI document.
struct Operation {
    struct Parameter {
        var name: String
        var place: String
        var description: String
        var schema: JSONValue
        var isRepeated = false

        static func path(_ name: String, _ description: String, _ schema: JSONValue) -> Parameter {
            Parameter(name: name, place: "path", description: description, schema: schema)
        }

        static func query(_ name: String, _ description: String, _ schema: JSONValue, isRepeated: Bool = false) -> Self
        {
            Parameter(name: name, place: "query", description: description, schema: schema, isRepeated: isRepeated)
        }

        static func header(_ name: String, _ description: String, _ schema: JSONValue) -> Parameter {
            Parameter(name: name, place: "header", description: description, schema: schema)
        }

        func json(isRequired: Bool) -> JSONValue {
            var fields: [(String, JSONValue)] = [
                ("name", .string(name)), ("in", .string(place)), ("required", .bool(place == "path" || isRequired)),
                ("description", .string(description)), ("schema", schema),
            ]
            if isRepeated { fields += [("style", .string("form")), ("explode", .bool(true))] }
            return .object(fields)
        }
    }

    /// What is answered where all goes well, or as well as that.
    struct Answer {
        var status: Int
        var description: String
        /// By media type.
        var content: [(String, JSONValue)] = []
        var headers: [(String, JSONValue)] = []
    }

    var method: String
    var path: String
    var id: String
    var summary: String
    var parameters: [Parameter] = []
    /// Names of parameters, other than of the path, that have to be given.
    var required: Set<String> = []
    /// The schema of the body, and whether it has to be there.
    var body: (schema: JSONValue, isRequired: Bool)?
    var answers: [Answer]
    /// Statuses with a problem.
    var problems: [Int] = []
    var isOpen = false

    private static let reasons: [Int: String] = [
        400: "The request is not as it has to be.", 401: "No token, or a wrong one.",
        403: "The tenant has as much as it may.",
        404: "There is no such thing, or it is another tenant's.", 405: "The path does not take that method.",
        408: "The body did not arrive in time.", 409: "It does not go with what is there.",
        413: "The body is too large.",
        415: "The body is of another type.", 416: "No byte of the range is there.",
        422: "It is understood, and cannot be done.", 429: "Too much at once: wait as long as Retry-After says.",
        500: "The request failed: the server's log says why.", 503: "It cannot be done now.",
    ]

    var json: JSONValue {
        var fields: [(String, JSONValue)] = [("operationId", .string(id)), ("summary", .string(summary))]
        if !parameters.isEmpty {
            fields.append(("parameters", .array(parameters.map { $0.json(isRequired: required.contains($0.name)) })))
        }
        if let body {
            let content = JSONValue.object([("application/json", .object([("schema", body.schema)]))])
            fields.append(("requestBody", .object([("required", .bool(body.isRequired)), ("content", content)])))
        }
        var responses = answers.map { answer in
            var parts: [(String, JSONValue)] = [("description", .string(answer.description))]
            if !answer.headers.isEmpty {
                parts.append(("headers", .object(answer.headers.map { ($0.0, .object([("schema", $0.1)])) })))
            }
            if !answer.content.isEmpty {
                parts.append(("content", .object(answer.content.map { ($0.0, .object([("schema", $0.1)])) })))
            }
            return (String(answer.status), JSONValue.object(parts))
        }
        let problem = JSONValue.object([
            ("application/problem+json", .object([("schema", Schema.reference("Problem"))]))
        ])
        let always = isOpen ? [] : [400, 401, 429]
        for status in Set(problems + always).sorted() {
            responses.append(
                (
                    String(status),
                    .object([("description", .string(Self.reasons[status] ?? "It failed.")), ("content", problem)])
                ))
        }
        fields.append(("responses", .object(responses)))
        if isOpen { fields.append(("security", .array([]))) }
        return .object(fields)
    }
}
