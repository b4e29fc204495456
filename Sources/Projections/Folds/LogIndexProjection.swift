public import Events

/// Where the events of a repository, a kind, a tenant, a story stand. Rows are the event's tenant.
public enum LogIndexProjection: Projection {
    public static let name = "index"
    public static let version: UInt32 = 1
    public static let tables: [Table] = [.byRepository, .byKind, .byTenant, .byCorrelation]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        let header = envelope.header
        let position = envelope.position
        func index(_ table: Table, _ scope: (inout [UInt8]) -> Void) {
            deltas.add(table) { key in
                scope(&key)
                key.put(position)
            } delta: {
                $0.put(header.tenant.rawValue)
            }
        }
        if let repository = header.repository { index(.byRepository) { $0.put(repository) } }
        index(.byKind) { $0.put(header.kind) }
        index(.byTenant) { $0.put(header.tenant.rawValue) }
        index(.byCorrelation) { $0.put(header.correlation) }
    }
}
