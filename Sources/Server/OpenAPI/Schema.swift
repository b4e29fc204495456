import Events

/// Parts of an OpenAPI 3.1 document, whose schemas are JSON Schema 2020-12.
enum Schema {
    typealias Fields = [(String, JSONValue)]

    static let boolean = JSONValue.object([("type", .string("boolean"))])
    static let count = JSONValue.object([
        ("type", .string("integer")), ("minimum", .int(0)), ("format", .string("uint64")),
    ])
    static let number = JSONValue.object([("type", .string("number"))])
    static let time = text(format: "date-time", "RFC 3339, in UTC.")
    static let hash = pattern("^[0-9a-f]{40}$", "SHA-1 as Git computes it.")
    static let contentHash = pattern("^[0-9a-f]{64}$", "SHA-256 of the content.")

    static func text(_ description: String? = nil) -> JSONValue {
        .object([("type", .string("string"))] + note(description))
    }

    static func text(format: String, _ description: String? = nil) -> JSONValue {
        .object([("type", .string("string")), ("format", .string(format))] + note(description))
    }

    static func pattern(_ pattern: String, _ description: String? = nil) -> JSONValue {
        .object([("type", .string("string")), ("pattern", .string(pattern))] + note(description))
    }

    static func choice(_ texts: [String]) -> JSONValue {
        .object([("type", .string("string")), ("enum", .array(texts.map { .string($0) }))])
    }

    static func integer(_ range: ClosedRange<UInt64>, default value: UInt64? = nil) -> JSONValue {
        .object(
            [("type", .string("integer")), ("minimum", .uint(range.lowerBound)), ("maximum", .uint(range.upperBound))]
                + (value.map { [("default", .uint($0))] } ?? []))
    }

    static func list(of items: JSONValue, atMost count: Int? = nil) -> JSONValue {
        .object(
            [("type", .string("array")), ("items", items)] + (count.map { [("maxItems", .count($0))] } ?? []))
    }

    /// The same, or null.
    static func optional(_ schema: JSONValue) -> JSONValue {
        guard case .object(var fields) = schema, let index = fields.firstIndex(where: { $0.0 == "type" }) else {
            return .object([("anyOf", .array([schema, .object([("type", .string("null"))])]))])
        }
        fields[index].1 = .array([fields[index].1, .string("null")])
        return .object(fields)
    }

    static func reference(_ name: String) -> JSONValue {
        .object([("$ref", .string("#/components/schemas/\(name)"))])
    }

    /// - Parameter optional: names of fields that may be missing.
    static func object(_ fields: Fields, optional: Set<String> = [], isOpen: Bool = false) -> JSONValue {
        .object([
            ("type", .string("object")), ("properties", .object(fields)),
            ("required", .array(fields.map(\.0).filter { !optional.contains($0) }.map { .string($0) })),
            ("additionalProperties", .bool(isOpen)),
        ])
    }

    /// A page of a list.
    static func page(of name: String, _ further: Fields = []) -> JSONValue {
        object(
            [
                ("items", list(of: reference(name))),
                ("nextCursor", Self.optional(text("With which the list goes on; null: this was the last page."))),
            ] + further)
    }

    private static func note(_ text: String?) -> Fields { text.map { [("description", .string($0))] } ?? [] }
}
