/// What stands behind the `?` of a request, as `application/x-www-form-urlencoded` writes it.
struct QueryItems: Sendable {
    private let items: [(name: String, value: [UInt8])]

    static let none = QueryItems(items: [])

    private init(items: [(name: String, value: [UInt8])]) { self.items = items }

    /// - Throws: `Problem` for what is not encoded as it should be.
    init(_ text: String?) throws(Problem) {
        var items: [(name: String, value: [UInt8])] = []
        for part in (text ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = String(validating: try Self.decode(part[..<equals]), as: UTF8.self)
            guard let name else { throw Problem.malformed("the name of a query parameter is no UTF-8") }
            let rest = equals == part.endIndex ? part[equals...] : part[part.index(after: equals)...]
            items.append((name, try Self.decode(rest)))
        }
        self.init(items: items)
    }

    /// - Throws: `Problem` where there is one that is not named here, so that a slip of the pen is found.
    func allow(_ names: [String]) throws(Problem) {
        for item in items where !names.contains(item.name) {
            throw Problem.malformed(
                "there is a query parameter that is unknown here; \(names.isEmpty ? "there are none" : "known are: " + names.joined(separator: ", "))"
            )
        }
    }

    /// The bytes of a parameter that may be given once; nil where it is not given.
    func bytes(_ name: String) throws(Problem) -> [UInt8]? {
        let found = items.filter { $0.name == name }
        guard found.count <= 1 else { throw Problem.malformed("\(name) is given more than once") }
        return found.first?.value
    }

    func text(_ name: String) throws(Problem) -> String? {
        guard let bytes = try bytes(name) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Problem.malformed("\(name) is no UTF-8")
        }
        return text
    }

    func number(_ name: String, in range: ClosedRange<UInt64> = 0...UInt64(Int64.max)) throws(Problem) -> UInt64? {
        guard let text = try text(name) else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt64(text),
            range.contains(number)
        else { throw Problem.malformed("\(name) has to be a number from \(range.lowerBound) to \(range.upperBound)") }
        return number
    }

    func flag(_ name: String) throws(Problem) -> Bool {
        switch try text(name) {
        case nil, "false": return false
        case "true": return true
        default: throw Problem.malformed("\(name) has to be true or false")
        }
    }

    /// The texts of a parameter that may be repeated.
    func texts(_ name: String) throws(Problem) -> [String] {
        var texts: [String] = []
        for item in items where item.name == name {
            guard let text = String(validating: item.value, as: UTF8.self) else {
                throw Problem.malformed("\(name) is no UTF-8")
            }
            texts.append(text)
        }
        return texts
    }

    /// A plus sign is a space, and `%` two hex digits a byte.
    static func decode(_ text: some Collection<UInt8>) throws(Problem) -> [UInt8] {
        var bytes: [UInt8] = []
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else {
                    throw Problem.malformed("two hex digits belong to each % of the query")
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}
