public import Events

/// Completed syncs by position, and by the commit and the tree that they brought.
public enum SyncsProjection: Projection {
    public static let name = "syncs"
    public static let version: UInt32 = 1
    public static let tables: [Table] = [.syncs, .commits]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        guard case .syncCompleted(let event) = envelope.event, let repository = envelope.header.repository else {
            return
        }
        let row = SyncRow(
            repository: repository, ref: event.ref, position: envelope.position, tenant: envelope.header.tenant,
            at: envelope.header.time, commit: event.commit, tree: event.tree, upToDate: event.upToDate,
            files: event.files, logicalBytes: event.logicalBytes)
        deltas.add(.syncs) { key in
            key.put(repository)
            key.put(event.ref.rawValue)
            key.put(envelope.position)
        } delta: {
            row.write(into: &$0)
        }
        // For a source without commits both are the same.
        for id in event.commit == event.tree ? [event.commit] : [event.commit, event.tree] {
            deltas.add(.commits) { key in
                key.put(repository)
                key.put(event.ref.rawValue)
                key.put(id)
                key.put(envelope.position)
            } delta: {
                $0.put(row.tenant.rawValue)
            }
        }
    }
}
