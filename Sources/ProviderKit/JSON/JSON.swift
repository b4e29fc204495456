/// A JSON text (RFC 8259) that was checked before anything was made of it.
///
/// Numbers stay the text that they were, so that a 64-bit id is exact. An object keeps its fields in order, also where a
/// key comes twice; looked up, the last one counts.
public indirect enum JSON: Sendable {
    case null
    case bool(Bool)
    /// As it was written: `12`, `-0.5e3`.
    case number(String)
    /// An escaped half of a surrogate pair (`\ud800`), which no text can hold, is U+FFFD here.
    case string(String)
    case array([JSON])
    case object([(String, JSON)])

    /// Reads a whole text.
    ///
    /// Refused are: bytes that are not strict UTF-8, a byte order mark, anything after the value, and what goes beyond
    /// the limits. Memory is bounded by ``JSONLimits/values`` times some 100 bytes, and the length of the text.
    ///
    /// - Parameter selection: what of it is wanted. The rest is checked, and left out.
    /// - Throws: ``JSONError`` with the place.
    public init(
        validating bytes: UnsafeRawBufferPointer, selection: JSONSelection = .everything, limits: JSONLimits = .standard
    ) throws(JSONError) {
        var parser = JSONParser(bytes, limits: limits)
        self = try parser.document(selection)
    }

    /// Reads a whole text; see ``init(validating:selection:limits:)-(UnsafeRawBufferPointer,_,_)``.
    public init(
        validating bytes: [UInt8], selection: JSONSelection = .everything, limits: JSONLimits = .standard
    ) throws(JSONError) {
        self = try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
            try JSON(validating: UnsafeRawBufferPointer(buffer), selection: selection, limits: limits)
        }
    }

    /// The value of a field; nil where there is none, or this is no object.
    public subscript(key: String) -> JSON? {
        guard case .object(let fields) = self else { return nil }
        // Bytes, not `==`: to Swift two ways to write an accent are equal, to JSON they are two keys.
        return fields.last { $0.0.utf8.elementsEqual(key.utf8) }?.1
    }

    /// The text of a string; nil for anything else.
    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// A whole number from 0 to 2^64 − 1, written without fraction and exponent; nil for anything else.
    public var uint64: UInt64? {
        guard case .number(let text) = self else { return nil }
        return UInt64(text)
    }

    /// A whole number that fits, written without fraction and exponent; nil for anything else.
    public var int64: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text)
    }

    /// True or false; nil for anything else.
    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements of an array; nil for anything else.
    public var array: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The fields of an object in their order; nil for anything else.
    public var object: [(String, JSON)]? {
        guard case .object(let fields) = self else { return nil }
        return fields
    }

    /// Whether it is `null`.
    public var isNull: Bool {
        guard case .null = self else { return false }
        return true
    }
}

extension JSON: Equatable {
    /// The same value written the same way: fields in the same order, numbers with the same digits.
    public static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)):
            left.count == right.count
                && zip(left, right).allSatisfy { $0.0.utf8.elementsEqual($1.0.utf8) && $0.1 == $1.1 }
        default: false
        }
    }
}
