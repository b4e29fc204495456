public import Events

/// A record that is ready to be appended: encoded and hashed by whoever wants it appended, while the writer is busy with others.
public struct EncodedEvent: Sendable {
    /// Header and payloads, as `RecordHeader` lays them out, leaf hash included.
    public private(set) var record: [UInt8]
    /// Which repository the event belongs to, relative to where it will stand.
    public let repository: Reference
    private(set) var time: Timestamp
    private(set) var leafHash: SHA256Hash

    /// Encodes and hashes a draft, in clear.
    ///
    /// - Parameter time: when it happened; the writer moves it forward where the log's last event is later.
    public init(_ draft: EventDraft, at time: Timestamp, hasher: inout SHA256Hasher) {
        self.init(complete: draft.encode(at: time), repository: draft.repository, time: time, hasher: &hasher)
    }

    /// Encodes a draft, seals what is to be sealed of it, and hashes it.
    ///
    /// - Parameter keys: nil: in clear.
    /// - Throws: what `keys` throw.
    public init(
        _ draft: EventDraft, at time: Timestamp, keys: (any RecordKeys)?, hasher: inout SHA256Hasher
    ) throws {
        let record = try keys.map { try draft.encode(at: time, keys: $0) } ?? draft.encode(at: time)
        self.init(complete: record, repository: draft.repository, time: time, hasher: &hasher)
    }

    /// Encodes and hashes one draft. For several, share a hasher.
    public init(_ draft: EventDraft, at time: Timestamp) {
        var hasher = SHA256Hasher()
        self.init(draft, at: time, hasher: &hasher)
    }

    /// Takes a record that somebody else encoded (an import, a measurement) and fills in its leaf hash.
    ///
    /// - Parameter record: header and payloads; bytes 64–95 are overwritten.
    /// - Throws: `DecodingFailure` where it is not a record.
    public init(record: [UInt8], hasher: inout SHA256Hasher) throws(DecodingFailure) {
        // Any position will do that references within a batch do not reach back from.
        let position = LogPosition(UInt64(Reference.maximumDistance))
        let header = try RecordHeader(record: record.span.bytes, at: position)
        let repository: Reference =
            if let id = header.repository {
                // A stored value that is not the position itself counts backwards.
                if Self.storedRepository(record) == id.rawValue {
                    .position(LogPosition(id.rawValue))
                } else {
                    .back(Int(position.rawValue - id.rawValue))
                }
            } else {
                .none
            }
        self.init(complete: record, repository: repository, time: header.time, hasher: &hasher)
    }

    /// The field at offset 40 as it stands there.
    private static func storedRepository(_ record: [UInt8]) -> UInt64 {
        UInt64(bigEndian: record.span.bytes.unsafeLoadUnaligned(fromByteOffset: 40, as: UInt64.self))
    }

    private init(complete record: [UInt8], repository: Reference, time: Timestamp, hasher: inout SHA256Hasher) {
        self.record = record
        self.repository = repository
        self.time = time
        leafHash = record.withUnsafeBytes { hasher.leaf($0) }
        writeLeafHash()
    }

    /// The repository that the event has when it stands at `position`.
    func repository(at position: LogPosition) -> RepositoryID? {
        switch repository {
        case .none: nil
        case .position(let added): RepositoryID(added)
        case .back(let distance): RepositoryID(position.rawValue - UInt64(distance))
        }
    }

    /// Gives it a later time, and the hash that goes with it.
    mutating func move(to time: Timestamp, hasher: inout SHA256Hasher) {
        self.time = time
        record.withUnsafeMutableBytes {
            $0.storeBytes(of: time.microseconds.bigEndian, toByteOffset: RecordHeader.timeOffset, as: Int64.self)
        }
        leafHash = record.withUnsafeBytes { hasher.leaf($0) }
        writeLeafHash()
    }

    private mutating func writeLeafHash() {
        let hash = leafHash
        record.withUnsafeMutableBytes { record in
            let start = RecordHeader.leafHashOffset
            let field = UnsafeMutableRawBufferPointer(rebasing: record[start..<start + SHA256Hash.byteCount])
            hash.withUnsafeBytes { field.copyMemory(from: $0) }
        }
    }
}
