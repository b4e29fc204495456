import Glibc

/// Carries out a writing command: as the holder of the right to write, or through the one who is.
struct Holder: Sendable {
    let context: Context
    let program: Program

    /// How long to wait for a holder that neither takes commands nor lets go: it is about to end, or is bringing the state up
    /// to date.
    private static let patience = Duration.seconds(120)
    private static let interval = Duration.milliseconds(50)
    /// After so long whoever waits is told for whom.
    private static let noteAfter = Duration.seconds(2)

    func run(_ command: any WritingCommand) async throws -> ExitStatus {
        let data = context.data
        try data.check()
        let words = type(of: command).words
        let began = ContinuousClock.now
        var hasNoted = false
        while true {
            if let lock = try WriterLock.acquire(data, command: words) {
                if let status = try await command.prepare(context) { return status }
                return try await hold(
                    lock, words, usesOutdated: command.usesOutdated, takesSignals: type(of: command).takesSignals
                ) { store in try await command.run(context, store) }
            }
            let request = ControlRequest(
                arguments: context.arguments, workingDirectory: context.workingDirectory, mode: context.output.mode)
            switch try ControlClient(data: data).carryOut(request, output: context.output) {
            case .ended(let status): return status
            case .nobody: break
            }
            let waited = ContinuousClock.now - began
            guard waited < Self.patience else {
                throw CommandError(
                    "\(WriterLock.holder(data)) holds the log in \(data.path) and takes no commands. Wait until it has ended, or end it, "
                        + "and run the command again")
            }
            if waited > Self.noteAfter, !hasNoted {
                hasNoted = true
                context.output.note("Waiting for \(WriterLock.holder(data)), which holds the log.")
            }
            try await Task.sleep(for: Self.interval)
        }
    }

    /// Does something as the holder, and carries out what other processes hand in meanwhile.
    ///
    /// - Parameters:
    ///   - words: what is done, for whoever waits.
    ///   - usesOutdated: it can do with a state that is being brought up to date beside it.
    ///   - takesSignals: it ends by itself when it is told to.
    func hold(
        _ lock: WriterLock, _ words: String, usesOutdated: Bool = false, takesSignals: Bool,
        _ body: @escaping @Sendable (WriteStore) async throws -> ExitStatus
    ) async throws -> ExitStatus {
        let server = try ControlServer(context.data, command: words)
        defer {
            // The socket's name goes before the right to write does: after that it may be the next holder's.
            server.stop()
            withExtendedLifetime(lock) {}
        }
        return try await Stores(context: context).withWriter(
            holding: lock, usesOutdated: usesOutdated
        ) { store in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await server.run { request, output in
                        await program.carryOut(request, output, store, context)
                    }
                }
                let status = await program.finish(context.output) {
                    if takesSignals { return try await body(store) }
                    return try await Interruption.watch(context.output, holdsLog: true) { try await body(store) }
                }
                server.stop()
                let others = server.activeCount
                if others > 0 {
                    context.output.note("Finishing \(Units.count(others, "command")) of other processes.")
                }
                await group.waitForAll()
                return status
            }
        }
    }
}
