import LMDB
import Projections

/// The environment and the databases of a state: one a table, the digests, and what the state says of itself.
struct StateTables: Sendable {
    let environment: Environment
    let meta: Database
    /// Projection (1) ‖ tenant (4) → sum (32).
    let digests: Database
    private let databases: [Database]

    subscript(_ table: Table) -> Database { databases[table.index] }

    /// - Throws: `LMDBError`; with the code `notFound` or `noSuchFile` where it is read-only and not there.
    init(directory: String, options: StateOptions, isReadOnly: Bool) throws {
        environment = try Environment(
            path: directory,
            options: EnvironmentOptions {
                $0.mapSizeBytes = options.mapSizeBytes
                $0.maximumMapSizeBytes = options.maximumMapSizeBytes
                $0.maximumDatabases = Table.allCases.count + 2
                $0.isSynchronous = false
                $0.isReadOnly = isReadOnly
            })
        meta = try environment.database("meta")
        digests = try environment.database("digests")
        var databases: [Database] = []
        for table in Table.allCases { databases.append(try environment.database(table.name)) }
        self.databases = databases
    }
}
