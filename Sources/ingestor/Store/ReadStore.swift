import EventLog
import Events
import Projections
import ProviderKit
import Queries
import Silo
import State

/// Everything opened for reading.
struct ReadStore: Sendable {
    let log: EventLog
    let state: StateStore
    let silo: Silo
    let queries: Queries
    let providers: Providers

    /// The repository that an argument names.
    ///
    /// - Throws: ``CommandError`` with a suggestion.
    func repository(_ argument: ByteArgument, _ context: Context) throws -> RepositoryRow {
        let locator = try providers.locator(argument.bytes, context)
        for candidate in providers.candidates(locator) {
            if let row = try queries.repository(candidate) { return row }
        }
        let known = try queries.repositories().map(\.locator.description)
        let likely = Spelling.nearest(to: locator.description, in: known).map { ". Did you mean \($0)?" }
        throw CommandError(
            "\(argument.shown) is not watched for tenant \(context.options.tenant)"
                + (likely ?? ": `ingestor repo list` shows what is, `ingestor sync \(argument.shown)` adds it"))
    }

    /// The repository and the path in `LOCATOR:PATH`, the longest known locator first; nil where there is none.
    func file(_ argument: ByteArgument, _ context: Context) throws -> (RepositoryRow, path: [UInt8])? {
        let bytes = argument.bytes
        for colon in bytes.indices.reversed() where bytes[colon] == UInt8(ascii: ":") && colon + 1 < bytes.count {
            guard let named = Locator(bytes[..<colon]), providers.all.contains(where: { $0.name == named.provider })
            else {
                continue
            }
            for candidate in providers.candidates(try providers.locator(Array(bytes[..<colon]), context)) {
                if let row = try queries.repository(candidate) { return (row, Array(bytes[(colon + 1)...])) }
            }
        }
        return nil
    }
}
