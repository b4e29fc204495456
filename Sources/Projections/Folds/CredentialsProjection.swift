public import Events

/// What tenants have given access to. Secrets are elsewhere.
public enum CredentialsProjection: Projection {
    public static let name = "credentials"
    public static let version: UInt32 = 1
    public static let tables: [Table] = [.credentials]

    private enum Delta {
        static let stored: UInt8 = 1
        static let refreshed: UInt8 = 2
        static let revoked: UInt8 = 3
    }

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        func add(_ id: LogPosition, _ kind: UInt8, _ write: (inout [UInt8]) -> Void) {
            deltas.add(.credentials) {
                $0.put(id)
            } delta: { delta in
                delta.append(kind)
                write(&delta)
            }
        }
        let at = envelope.header.time
        switch envelope.event {
        case .credentialStored(let event):
            let row = CredentialRow(
                id: envelope.position, tenant: envelope.header.tenant, event: event, storedAt: at)
            add(envelope.position, Delta.stored) { $0 += row.encode() }
        case .credentialRefreshed(let event):
            add(event.id, Delta.refreshed) { delta in
                delta.put(at)
                delta.put(optional: event.expiresAt)
            }
        case .credentialRevoked(let event):
            add(event.id, Delta.revoked) { delta in
                delta.put(at)
                delta.put(event.reason.rawValue)
            }
        default: break
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        var reader = ByteReader(delta)
        let kind = try reader.byte()
        if kind == Delta.stored { return row.load(delta.extracting(1..<delta.byteCount)) }
        guard row.isPresent else { return }
        var credential = try CredentialRow(key: key, decoding: row.bytes.span.bytes)
        switch kind {
        case Delta.refreshed:
            credential.refreshedAt = try reader.timestamp()
            credential.expiresAt = try reader.optionalTime()
        case Delta.revoked:
            credential.revokedAt = try reader.timestamp()
            credential.revocation = try reader.known("reason for a revocation")
        default: throw DecodingFailure("delta \(kind) of a credential is unknown")
        }
        row.set(credential.encode())
    }

    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        form.write(key: key, row: SplitRow.digested(row))
    }
}
