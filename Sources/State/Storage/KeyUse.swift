import Events
import LMDB

/// With which keys the rows of a state were made, in its database `meta`: those that opened sealed parts, whose plaintext is in
/// the rows, and those that should have and were missing.
struct KeyUse: Equatable {
    private(set) var opened: Set<KeyID> = []
    private(set) var missing: Set<KeyID> = []
    private var isChanged = false

    private static let key = Array("keys".utf8)

    init() {}

    /// What is stored.
    init(_ transaction: borrowing some Readable & ~Copyable, _ meta: Database) throws {
        guard let bytes = try transaction.get(meta, Self.key) else { return }
        var reader = ByteReader(bytes)
        do {
            opened = try Self.keys(&reader)
            missing = try Self.keys(&reader)
            try reader.end()
        } catch {
            throw StateError(
                .unusable, "which keys it was made with cannot be read; it has to be rebuilt", cause: error)
        }
    }

    mutating func note(_ envelope: Envelope) {
        guard envelope.header.key != .none else { return }
        switch envelope.sealing {
        case .open: isChanged = opened.insert(envelope.header.key).inserted || isChanged
        case .keyMissing, .closed: isChanged = missing.insert(envelope.header.key).inserted || isChanged
        case .erased: break
        }
    }

    /// Adds what another thread, or an earlier attempt, has noted.
    mutating func add(_ other: KeyUse) {
        opened.formUnion(other.opened)
        missing.formUnion(other.missing)
        isChanged = isChanged || !other.opened.isEmpty || !other.missing.isEmpty
    }

    init(_ reader: inout ByteReader) throws(DecodingFailure) {
        opened = try Self.keys(&reader)
        missing = try Self.keys(&reader)
        isChanged = true
    }

    var bytes: [UInt8] { Self.bytes(opened, missing) }

    private static func bytes(_ opened: Set<KeyID>, _ missing: Set<KeyID>) -> [UInt8] {
        var bytes: [UInt8] = []
        for keys in [opened, missing] {
            bytes.append(varint: keys.count)
            for number in keys.map(\.rawValue).sorted() { bytes.append(bigEndian: number) }
        }
        return bytes
    }

    /// Adds what came since the last time to what is stored.
    mutating func write(_ transaction: inout WriteTransaction, _ meta: Database) throws {
        guard isChanged else { return }
        let stored = try KeyUse(transaction, meta)
        let bytes = Self.bytes(opened.union(stored.opened), missing.union(stored.missing))
        try transaction.put(meta, Self.key, bytes)
        isChanged = false
    }

    private static func keys(_ reader: inout ByteReader) throws(DecodingFailure) -> Set<KeyID> {
        var keys: Set<KeyID> = []
        for _ in 0..<(try reader.count(atMost: reader.remaining)) { keys.insert(KeyID(rawValue: try reader.uint32())) }
        return keys
    }
}
