import ArgumentParser
import Server
import State
import UnixSignals

/// `serve`
struct Serve: WritingCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Takes webhooks in, polls, and keeps every source up to date.",
        discussion: helpDiscussion(
            "Until it is ended (SIGTERM or Ctrl-C): then no webhook is taken any more, work under way is parked, and the log is "
                + "closed. Other commands work beside it.",
            examples: "INGESTOR_GITHUB_WEBHOOK_SECRET_FILE=secret.txt ingestor serve --listen 127.0.0.1:8080"))

    static let takesSignals = true

    @OptionGroup var global: GlobalOptions
    @Option(help: "Address and port.") var listen: String?

    /// It answers and takes webhooks in while the state is made anew.
    var usesOutdated: Bool { true }

    var flags: [SettingKey: String] { listen.map { [.listen: $0] } ?? [:] }

    func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
        let settings = context.settings
        guard var configuration = ServerConfiguration(listen: settings.listen) else {
            throw CommandError.usage("\(Printable.text(settings.listen)) is no address: write it as 127.0.0.1:8080")
        }
        if settings.gitHub.webhookSecrets.isEmpty {
            context.output.note("Webhooks are refused: no INGESTOR_GITHUB_WEBHOOK_SECRET is set.")
        }
        let hasTokens = try store.reader.state.read { view in try !view.tokens().isEmpty }
        if settings.adminToken == nil, !hasTokens {
            context.output.note(
                "The API and the dashboard let nobody in: no INGESTOR_ADMIN_TOKEN is set, and `ingestor tokens add` made none."
            )
        }
        let output = context.output
        let environment = ThisProcess.environment()
        configuration.inheritedSocket = try ListenSockets.inherited(environment)
        let host = configuration.inheritedSocket == nil ? configuration.host : "(a socket of systemd)"
        let service = try Service(context, store, configuration, manager: ServiceManager(environment)) { port in
            output.note("Listening on http://\(host):\(port). End it with Ctrl-C.")
        }
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        try await service.run {
            for await signal in signals {
                guard signal == .sighup else { break }
                service.reload()
            }
            output.note("Ending: work under way is parked.")
        }
        return .done
    }
}
