import EventLog
import Events
import Queries
import Replay
import State

extension ReadStore {
    /// What was known at a moment: the state is built from the log's events up to it, aside.
    ///
    /// - Parameters:
    ///   - locator: the source that a commit is of.
    ///   - body: given that store and the time of its last event.
    /// - Throws: `QueryError` where there is no such moment, or nothing had happened yet.
    func withPast<R: Sendable>(
        _ moment: Moment, of locator: ByteArgument?, _ context: Context,
        _ body: (ReadStore, Timestamp) async throws -> R
    ) async throws -> R {
        let end: LogPosition
        if case .id(let hash) = moment {
            guard let locator else {
                throw CommandError.usage("\(hash.hex) is a commit: name the source that it is of")
            }
            end = try queries.view(of: try repository(locator, context), at: moment).position + 1
        } else {
            end = try queries.end(of: moment)
        }
        guard end.rawValue > 0, let last = try log.read({ try $0.header(at: LogPosition(end.rawValue - 1)) }) else {
            throw CommandError("at that moment nothing had happened yet")
        }
        return try await Stores.withTemporaryDirectory { directory in
            let path = directory + "/state"
            let options = try Stores(context: context).stateOptions()
            _ = try Replay.rebuild(
                log: log, upTo: end.rawValue, into: path, options: options, now: { Context.now() },
                progress: { context.output.progress($0, "building the state of that moment") })
            context.output.clearProgress()
            let state = try StateStore.open(
                directory: path, log: log, mode: .reader(allowsStale: true), options: options)
            let past = ReadStore(
                log: log, state: state, silo: silo,
                queries: try Queries(log: log, state: state, silo: silo, tenant: context.options.tenant),
                providers: providers)
            return try await body(past, last.time)
        }
    }
}
