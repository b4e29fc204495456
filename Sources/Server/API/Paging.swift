import Events
import Hummingbird

/// Which part of a list somebody asks for.
struct PageRequest {
    static let defaultLimit = 100
    static let maximumLimit = 1000
    static let parameters = ["limit", "cursor"]

    let limit: Int
    /// Where the page before it ended; opaque to everybody else.
    let cursor: [UInt8]?

    init(_ query: QueryItems) throws(Problem) {
        limit = Int(try query.number("limit", in: 1...UInt64(Self.maximumLimit)) ?? UInt64(Self.defaultLimit))
        guard let text = try query.text("cursor") else {
            cursor = nil
            return
        }
        guard let bytes = Base64URL.decode(text), !bytes.isEmpty else { throw Self.wrongCursor }
        cursor = bytes
    }

    static let wrongCursor = Problem.malformed("the cursor is none that was given here: begin without one")

    /// The cursor of a list that is ordered by number.
    var number: UInt64? {
        get throws(Problem) {
            guard let cursor else { return nil }
            guard cursor.count == 8 else { throw Self.wrongCursor }
            return cursor.reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    static func cursor(_ number: UInt64) -> String {
        Base64URL.encode((0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) })
    }

    /// The part of rows, ordered by number, that is asked for, and the cursor of the next one.
    func page<Row>(of rows: [Row], by number: (Row) -> UInt64) throws(Problem) -> (rows: [Row], next: String?) {
        let last = try self.number
        let rest = rows.drop { row in last.map { number(row) <= $0 } ?? false }
        let page = Array(rest.prefix(limit))
        return (page, rest.count > limit ? page.last.map { Self.cursor(number($0)) } : nil)
    }
}

extension Response {
    /// A list, and with which cursor it goes on.
    static func list(_ items: [JSONValue], next: String?, further: [(String, JSONValue)] = []) -> Response {
        .json(
            .ok,
            .object([("items", .array(items)), ("nextCursor", next.map { .string($0) } ?? .null)] + further))
    }
}
