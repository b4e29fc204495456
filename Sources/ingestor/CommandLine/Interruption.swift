import Glibc
import Synchronization
import UnixSignals

/// Ends a command in the orderly way when somebody presses Ctrl-C or ends the process.
enum Interruption {
    /// A command that only reads, and does not end by itself within this time, is ended.
    private static let patience = Duration.seconds(2)
    private static let temporary = Mutex<Set<String>>([])

    /// Runs `body`; the first signal cancels it, the second one ends the process.
    ///
    /// - Parameter holdsLog: it may have something to finish, so it is waited for.
    static func watch(
        _ output: Output, holdsLog: Bool, _ body: @escaping @Sendable () async throws -> ExitStatus
    ) async throws -> ExitStatus {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let (wish, wisher) = AsyncStream<Never>.makeStream()
        return try await withThrowingTaskGroup(of: ExitStatus?.self) { group in
            group.addTask { try await run(body, until: wish) }
            group.addTask {
                var signals = signals.makeAsyncIterator()
                guard await signals.next() != nil, !Task.isCancelled else { return nil }
                output.note(holdsLog ? "Stopping what is under way. Once more ends it at once." : "Stopping.")
                wisher.finish()
                if holdsLog {
                    _ = await signals.next()
                } else {
                    do { try await Task.sleep(for: patience) } catch { return nil }
                }
                guard !Task.isCancelled else { return nil }
                end(output)
            }
            while let result = try await group.next() {
                guard let status = result else { continue }
                group.cancelAll()
                return status
            }
            throw CancellationError()
        }
    }

    /// Runs `body`, and cancels it when the stream ends.
    private static func run(
        _ body: @escaping @Sendable () async throws -> ExitStatus, until wish: AsyncStream<Never>
    ) async throws -> ExitStatus {
        try await withThrowingTaskGroup(of: ExitStatus?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in wish {}
                return nil
            }
            while let result = try await group.next() {
                group.cancelAll()
                if let status = result { return status }
            }
            throw CancellationError()
        }
    }

    /// What is written here goes away with the process, however it ends.
    static func willRemove(_ directory: String) { temporary.withLock { _ = $0.insert(directory) } }
    static func hasRemoved(_ directory: String) { temporary.withLock { _ = $0.remove(directory) } }

    private static func end(_ output: Output) -> Never {
        output.clearProgress()
        for directory in temporary.withLock({ $0 }) {
            do { try FileSystem.removeTree(directory) } catch {
                output.problem("ingestor: \(directory) is left over: \(error)")
            }
        }
        _exit(ExitStatus.failed.rawValue)
    }
}
