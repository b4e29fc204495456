public import Events

/// The access that tenants have to this service, by the hashes of their tokens.
public enum TokensProjection: Projection {
    public static let name = "tokens"
    public static let version: UInt32 = 1
    public static let tables: [Table] = [.tokens]

    private enum Delta {
        static let issued: UInt8 = 1
        static let revoked: UInt8 = 2
    }

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        func add(_ hash: SHA256Hash, _ kind: UInt8, _ write: (inout [UInt8]) -> Void) {
            deltas.add(.tokens) {
                $0.put(hash)
            } delta: { delta in
                delta.append(kind)
                write(&delta)
            }
        }
        let at = envelope.header.time
        switch envelope.event {
        case .tokenIssued(let event):
            let row = TokenRow(
                hash: event.hash, id: envelope.position, tenant: envelope.header.tenant, name: event.name, issuedAt: at)
            add(event.hash, Delta.issued) { $0 += row.encode() }
        case .tokenRevoked(let event): add(event.hash, Delta.revoked) { $0.put(at) }
        default: break
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        var reader = ByteReader(delta)
        switch try reader.byte() {
        case Delta.issued:
            // A token is issued once; where a hash came twice, the first holder would keep it.
            if !row.isPresent { row.load(delta.extracting(1..<delta.byteCount)) }
        case Delta.revoked:
            guard row.isPresent else { return }
            var token = try TokenRow(key: key, decoding: row.bytes.span.bytes)
            let at = try reader.timestamp()
            token.revokedAt = token.revokedAt ?? at
            row.set(token.encode())
        case let kind: throw DecodingFailure("delta \(kind) of a token is unknown")
        }
    }

    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        form.write(key: key, row: SplitRow.digested(row))
    }
}
