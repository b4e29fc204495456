public import Events

/// Which content a pointer stands for, in each domain.
public enum LargeFilesProjection: Projection {
    public static let name = "largeFiles"
    public static let version: UInt32 = 1
    public static let tables: [Table] = [.largeFiles]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        guard case .largeFileStored(let event) = envelope.event else { return }
        let domain = envelope.header.domain.rawValue
        deltas.add(.largeFiles) { key in
            key.put(domain)
            key.put(event.pointer)
        } delta: { row in
            row.put(domain)
            row.put(event.hash)
            row.put(event.contentHash)
            row.put(event.size)
            row.put(envelope.position)
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        // A pointer names its content by its hash, so a second one says the same.
        if !row.isPresent { row.load(delta) }
    }
}
