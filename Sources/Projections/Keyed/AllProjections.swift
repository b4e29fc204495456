public import Events

/// The projections that make up the state.
public enum AllProjections {
    public static let list: [any Projection.Type] = [
        TenantsProjection.self, ClaimsProjection.self, RepositoriesProjection.self, FilesProjection.self,
        BlobsProjection.self, SyncsProjection.self, JobsProjection.self, ShardsProjection.self,
        StatisticsProjection.self, LogIndexProjection.self, WebhooksProjection.self, GapsProjection.self,
        CredentialsProjection.self, RateLimitsProjection.self, LargeFilesProjection.self, RetentionProjection.self,
        TokensProjection.self,
    ]

    /// The projection of each table, by ``Table/index``.
    public static let byTable: [any Projection.Type] = Table.allCases.map { table in
        guard let projection = list.first(where: { $0.tables.contains(table) }) else {
            preconditionFailure("table \(table.name) belongs to no projection")
        }
        return projection
    }

    /// The place in ``list`` of each table's projection, by ``Table/index``.
    public static let indexByTable: [Int] = Table.allCases.map { table in
        list.firstIndex { $0.tables.contains(table) } ?? list.count
    }

    /// Writes the deltas of one event for all of them.
    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        for projection in list { projection.route(envelope, hash: hash, into: &deltas) }
    }

    /// Names and versions: a state that was folded by others is not this one.
    public static let signature: [UInt8] = {
        var bytes: [UInt8] = []
        for projection in list {
            bytes.put(text: projection.name)
            bytes.append(bigEndian: projection.version)
        }
        return bytes
    }()

    /// Whether rows that were folded by projections of these names and versions can be read and folded on.
    public static func canRead(rowsOf signature: [UInt8]) -> Bool {
        var reader = ByteReader(signature.span.bytes)
        do {
            for projection in list {
                guard try reader.string() == Array(projection.name.utf8) else { return false }
                let version = try reader.uint32()
                guard version >= projection.rowsReadableSince, version <= projection.version else { return false }
            }
            try reader.end()
            return true
        } catch {
            // Another list.
            return false
        }
    }
}
