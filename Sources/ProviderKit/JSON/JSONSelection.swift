/// Which fields of a JSON text are wanted. The rest is checked like all, but nothing is made of it: reading three fields
/// of a payload of many kilobytes takes no more memory than the three.
///
/// A selection of fields is written as a dictionary: `["ref": .everything, "owner": ["login": .everything]]`. It is for
/// objects; an array is passed through to its elements, which have the same limit, and other values are kept.
public struct JSONSelection: Sendable, ExpressibleByDictionaryLiteral {
    /// Nil: everything.
    private let fields: [(key: [UInt8], selection: JSONSelection)]?

    /// Of an array; a longer one is checked only, and `null` stands in its place.
    let maximumElementCount: Int

    /// All of it.
    public static let everything = JSONSelection(fields: nil)

    private init(fields: [(key: [UInt8], selection: JSONSelection)]?, maximumElementCount: Int = .max) {
        self.fields = fields
        self.maximumElementCount = maximumElementCount
    }

    /// The same where it is an array of so many elements or fewer; `null` for a longer one.
    public func upTo(_ count: Int) -> JSONSelection { JSONSelection(fields: fields, maximumElementCount: count) }

    public init(dictionaryLiteral fields: (String, JSONSelection)...) {
        self.init(fields: fields.map { (Array($0.0.utf8), $0.1) })
    }

    /// These fields, whole.
    public init(fields: some Sequence<String>) {
        self.init(fields: fields.map { (Array($0.utf8), .everything) })
    }

    /// What is wanted of a field; nil where it is not wanted at all.
    func selection(of key: UnsafeRawBufferPointer) -> JSONSelection? {
        guard let fields else { return .everything }
        for index in fields.indices where fields[index].key.count == key.count {
            let isSame = fields[index].key.withUnsafeBytes { name in
                key.indices.allSatisfy { name[$0] == key[$0] }
            }
            if isSame { return fields[index].selection }
        }
        return nil
    }
}
