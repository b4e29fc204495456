import ArgumentParser
import Events
import Logging

/// Parses a command line, opens what the command needs, and carries it out: here, or in the process that holds the right to write.
struct Program: Sendable {
    let environment: [String: String]

    /// Carries out this process's command.
    func run(_ arguments: [[UInt8]]) async -> ExitStatus {
        let sink = ProcessSink()
        let plain = Output(mode: ThisProcess.outputMode(environment, isQuiet: false), sink: sink)
        let command: any IngestorCommand
        switch parse(arguments, plain) {
        case .command(let parsed): command = parsed
        case .ended(let status): return status
        }
        let mode = ThisProcess.outputMode(environment, isQuiet: command.global.quiet)
        let output = Output(mode: mode, sink: sink)
        let refusal = CoreDumps.forbid()
        return await finish(output) {
            let source = settingsSource(of: command)
            let resolved = ResolvedSettings(source())
            if let command = command as? any SettingsCommand { return try await command.run(resolved, output) }
            let settings = try Settings(resolved)
            output.log(from: settings.logLevel, as: settings.logFormat)
            if settings.allowsCoreDumps { CoreDumps.allow() } else if let refusal { output.problem(refusal) }
            let context = Context(
                output: output, options: command.global, settings: settings,
                data: DataDirectory(path: settings.dataDirectory), workingDirectory: ThisProcess.workingDirectory(),
                arguments: arguments, rereadSettings: { ResolvedSettings(source()) })
            return try await carryOut(command, context)
        }
    }

    /// Reads the settings of a command; again each time that it is called.
    private func settingsSource(of command: any IngestorCommand) -> @Sendable () -> SettingsSource {
        let flags = command.flags.merging(command.global.flags) { $1 }
        let (environment, file) = (environment, command.global.config)
        return { SettingsSource(flags: flags, environment: environment, file: file) }
    }

    private func carryOut(_ command: any IngestorCommand, _ context: Context) async throws -> ExitStatus {
        switch command {
        case let command as any StandaloneCommand:
            return try await Interruption.watch(context.output, holdsLog: false) { try await command.run(context) }
        case let command as any ReadingCommand:
            return try await Interruption.watch(context.output, holdsLog: false) {
                try await Stores(context: context).withReader(
                    state: command.stateDirectory, acceptsOutdated: command is any QueryCommand
                ) { store in
                    try await command.run(context, store)
                }
            }
        case let command as any WritingCommand:
            return try await Holder(context: context, program: self).run(command)
        default:
            throw CommandError("this command is not finished")
        }
    }

    /// Carries out a command that another process handed in.
    func carryOut(_ request: ControlRequest, _ output: Output, _ store: WriteStore, _ holder: Context) async
        -> ExitStatus
    {
        let parsed: any IngestorCommand
        switch parse(request.arguments, output) {
        case .command(let command): parsed = command
        case .ended(let status): return status
        }
        return await finish(output) {
            guard let command = parsed as? any WritingCommand else {
                throw CommandError("this command needs no right to write: it should not have been handed over")
            }
            output.log(from: parsed.global.logLevel ?? holder.settings.logLevel, as: holder.settings.logFormat)
            let context = Context(
                output: output, options: parsed.global, settings: holder.settings, data: holder.data,
                workingDirectory: request.workingDirectory, arguments: request.arguments, isForAnother: true)
            if !parsed.flags.isEmpty {
                output.note("\(WriterLock.holder(holder.data)) carries this out, with its own settings.")
            }
            holder.logger.info(
                "carrying out a command of another process", metadata: ["command": "\(type(of: command).words)"])
            return try await command.run(context, try store.scoped(to: parsed.global.tenant))
        }
    }

    private enum Parsed {
        case command(any IngestorCommand)
        case ended(ExitStatus)
    }

    /// The command in the arguments. Help, and what is wrong with them, goes to the output.
    private func parse(_ arguments: [[UInt8]], _ output: Output) -> Parsed {
        do {
            let arranged = try CommandTree.arrange(arguments.map(RawArgument.text))
            if let command = parseAlone(arranged) { return .command(command) }
            var command = try Root.parseAsRoot(arranged.arguments)
            if let command = command as? any IngestorCommand { return .command(command) }
            // A group without a command, and `help` itself, explain themselves.
            try command.run()
            return .ended(.done)
        } catch let error as CommandError {
            return .ended(output.fail(error))
        } catch {
            let message = Root.fullMessage(for: error)
            guard Root.exitCode(for: error).rawValue == 0 else {
                output.problem(message)
                return .ended(.usage)
            }
            output.help(message)
            return .ended(.done)
        }
    }

    /// The command, parsed without a look at all the others, which takes several times as long. Nil where that is not possible: the
    /// whole tree then knows the full name of the command that it explains.
    private func parseAlone(_ arranged: CommandTree.Arrangement) -> (any IngestorCommand)? {
        guard arranged.command.configuration.subcommands.isEmpty else { return nil }
        do { return try arranged.command.parseAsRoot(arranged.options) as? any IngestorCommand } catch { return nil }
    }

    /// Runs a command's body, tells of its failure, and hands on what it wrote.
    func finish(_ output: Output, _ body: () async throws -> ExitStatus) async -> ExitStatus {
        do {
            let status = try await body()
            output.clearProgress()
            try output.flush()
            return status
        } catch is OutputClosed {
            return .failed
        } catch {
            output.clearProgress()
            do { try output.flush() } catch { return .failed }
            return output.fail(CommandError(error))
        }
    }
}
