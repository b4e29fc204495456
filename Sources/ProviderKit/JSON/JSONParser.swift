/// Recursive descent over the grammar of RFC 8259, section 2 and following. Its depth is limited, so the stack is too.
struct JSONParser {
    private let bytes: UnsafeRawBufferPointer
    private let limits: JSONLimits
    private var valueCount = 0
    /// The next byte to be read.
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// The only place where a byte is read. Behind the end it is 0, which no rule of the grammar accepts anywhere.
    func byte(at offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    var next: UInt8 { byte(at: offset) }

    /// The eight bytes from `offset` on; nil where fewer are left. Which end comes first does not matter to its user.
    var nextEight: UInt64? {
        guard offset + 8 <= bytes.count else { return nil }
        return bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    mutating func advance(_ count: Int = 1) { offset += count }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

    func failure(_ code: JSONError.Code, _ message: String, at place: Int? = nil) -> JSONError {
        JSONError(code: code, offset: min(place ?? offset, bytes.count), message: message)
    }

    mutating func document(_ selection: JSONSelection) throws(JSONError) -> JSON {
        if byte(at: 0) == 0xEF, byte(at: 1) == 0xBB, byte(at: 2) == 0xBF {
            throw failure(.encoding, "a byte order mark must not stand before JSON")
        }
        skipBlanks()
        let value = try value(selection, depth: 0)
        skipBlanks()
        guard offset == bytes.count else { throw failure(.syntax, "nothing may follow the value") }
        return value
    }

    private mutating func skipBlanks() {
        while next == UInt8(ascii: " ") || next == UInt8(ascii: "\n") || next == UInt8(ascii: "\r")
            || next == UInt8(ascii: "\t")
        {
            advance()
        }
    }

    /// - Parameter selection: nil where the value is checked only; then `null` is returned.
    private mutating func value(_ selection: JSONSelection?, depth: Int) throws(JSONError) -> JSON {
        if selection != nil {
            valueCount += 1
            guard valueCount <= limits.values else {
                throw failure(.tooManyValues, "more than \(limits.values) values")
            }
        }
        switch next {
        case UInt8(ascii: "{"): return try object(selection, depth: depth + 1)
        case UInt8(ascii: "["): return try array(selection, depth: depth + 1)
        case UInt8(ascii: "\""):
            let text = try string()
            return selection == nil ? .null : .string(makeString(text))
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default:
            let range = try number()
            return selection == nil ? .null : .number(String(decoding: slice(range), as: UTF8.self))
        }
    }

    private mutating func object(_ selection: JSONSelection?, depth: Int) throws(JSONError) -> JSON {
        try enter(depth)
        var fields: [(String, JSON)] = []
        guard next != UInt8(ascii: "}") else { return close(selection, .object(fields)) }
        while true {
            guard next == UInt8(ascii: "\"") else { throw failure(.syntax, "a key in quotation marks was expected") }
            let key = try string()
            skipBlanks()
            guard next == UInt8(ascii: ":") else { throw failure(.syntax, "a colon was expected after a key") }
            advance()
            skipBlanks()
            let wanted = selection.flatMap { self.selection(of: key, in: $0) }
            let value = try value(wanted, depth: depth)
            if wanted != nil { fields.append((makeString(key), value)) }
            skipBlanks()
            if next == UInt8(ascii: "}") { return close(selection, .object(fields)) }
            guard next == UInt8(ascii: ",") else { throw failure(.syntax, "a comma or } was expected") }
            advance()
            skipBlanks()
        }
    }

    private func selection(of key: JSONText, in selection: JSONSelection) -> JSONSelection? {
        guard key.hasEscapes else { return selection.selection(of: slice(key.range)) }
        return Array(makeString(key).utf8).withUnsafeBytes { selection.selection(of: $0) }
    }

    private mutating func array(_ selection: JSONSelection?, depth: Int) throws(JSONError) -> JSON {
        try enter(depth)
        var elements: [JSON] = []
        var selection = selection
        guard next != UInt8(ascii: "]") else { return close(selection, .array(elements)) }
        while true {
            if let limit = selection?.maximumElementCount, elements.count >= limit { (selection, elements) = (nil, []) }
            let value = try value(selection, depth: depth)
            if selection != nil { elements.append(value) }
            skipBlanks()
            if next == UInt8(ascii: "]") { return close(selection, .array(elements)) }
            guard next == UInt8(ascii: ",") else { throw failure(.syntax, "a comma or ] was expected") }
            advance()
            skipBlanks()
        }
    }

    /// Steps over an opening bracket and what is blank behind it.
    private mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth <= limits.depth else { throw failure(.tooDeep, "nested more than \(limits.depth) deep") }
        advance()
        skipBlanks()
    }

    /// Steps over a closing bracket.
    private mutating func close(_ selection: JSONSelection?, _ value: JSON) -> JSON {
        advance()
        return selection == nil ? .null : value
    }

    private mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        for index in 0..<word.utf8CodeUnitCount where byte(at: offset + index) != word.utf8Start[index] {
            throw failure(.syntax, "true, false or null was expected", at: offset + index)
        }
        advance(word.utf8CodeUnitCount)
        return value
    }

    private mutating func number() throws(JSONError) -> Range<Int> {
        let start = offset
        if next == UInt8(ascii: "-") { advance() }
        if next == UInt8(ascii: "0") {
            advance()  // No digit may follow it; whoever comes next refuses one.
        } else {
            guard digits() > 0 else {
                throw failure(.syntax, start == offset ? "a value was expected" : "a digit was expected")
            }
        }
        if next == UInt8(ascii: ".") {
            advance()
            guard digits() > 0 else { throw failure(.syntax, "a digit was expected after the point") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            advance()
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { advance() }
            guard digits() > 0 else { throw failure(.syntax, "a digit was expected in the exponent") }
        }
        return start..<offset
    }

    private mutating func digits() -> Int {
        let start = offset
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { advance() }
        return offset - start
    }
}
