public import Events

/// What was missed and is not here yet.
public enum GapsProjection: Projection {
    public static let name = "gaps"
    public static let version: UInt32 = 1
    public static let tables: [Table] = [.gaps]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        let repository = envelope.header.repository
        switch envelope.event {
        case .gapDetected(let event):
            let row = GapRow(
                position: envelope.position, repository: repository, tenant: envelope.header.tenant,
                detectedAt: envelope.header.time, gap: event)
            deltas.add(.gaps) { key in
                key += GapRow.scope(repository)
                key.put(envelope.position)
            } delta: { delta in
                delta.append(1)
                delta += row.encode()
            }
        case .gapClosed(let event):
            deltas.add(.gaps) { key in
                key += GapRow.scope(repository)
                key.put(event.gap)
            } delta: {
                $0.append(0)
            }
        default: break
        }
    }

    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        form.write(key: key, row: SplitRow.digested(row))
    }
}
