import ArgumentParser
import Events
import GitHub
import Ingest
import Logging
import Projections
import Server
import UnixSignals

/// `serve`
struct Serve: WritingCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Takes webhooks in, polls, and keeps every source up to date.",
        discussion: helpDiscussion(
            "Until it is ended (SIGTERM or Ctrl-C): then no webhook is taken any more, work under way is parked, and the log is "
                + "closed. Other commands work beside it.",
            examples: "INGESTOR_GITHUB_WEBHOOK_SECRET_FILE=secret.txt ingestor serve --listen 127.0.0.1:8080"))

    @OptionGroup var global: GlobalOptions
    @Option(help: "Address and port.") var listen: String?

    var flags: [SettingKey: String] { listen.map { [.listen: $0] } ?? [:] }

    func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
        let settings = context.settings
        guard let configuration = ServerConfiguration(listen: settings.listen) else {
            throw CommandError.usage("\(Printable.text(settings.listen)) is no address: write it as 127.0.0.1:8080")
        }
        if settings.gitHub.webhookSecrets.isEmpty {
            context.output.note("Webhooks are refused: no INGESTOR_GITHUB_WEBHOOK_SECRET is set.")
        }
        let providers = store.reader.providers
        let scheduler = Scheduler(
            engine: store.engine, options: Self.schedule(settings),
            audits: [providers.gitHub.deliveryAudit].compactMap { $0 })
        let output = context.output
        let server = IngestServer(
            configuration: configuration,
            receivers: [GitHubWebhookReceiver(secrets: settings.gitHub.webhookSecrets)],
            intake: store.engine, logger: context.logger,
            onListening: { port in
                output.note("Listening on http://\(configuration.host):\(port). End it with Ctrl-C.")
            })
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        // Intake stops first: what is answered with success has to be followed by its work, or parked.
        try await withThrowingTaskGroup(of: Void.self) { work in
            work.addTask { try await scheduler.run() }
            try await withThrowingTaskGroup(of: Void.self) { intake in
                intake.addTask { try await server.run() }
                intake.addTask { for await _ in signals { return } }
                try await intake.next()
                output.note("Ending: work under way is parked.")
                intake.cancelAll()
                try await intake.waitForAll()
            }
            work.cancelAll()
            try await work.waitForAll()
        }
        return .done
    }

    private static func schedule(_ settings: Settings) -> SchedulerOptions {
        var options = SchedulerOptions { until in
            let pause = Double(until.microseconds - Context.now().microseconds) / 1e6
            if pause > 0 { try await Task.sleep(for: .seconds(pause)) }
        }
        options.concurrency = settings.concurrency
        options.polls.intervalSeconds = Double(settings.pollInterval)
        options.polls.minimumSeconds = min(options.polls.minimumSeconds, Double(settings.pollInterval))
        return options
    }
}
