import ArgumentParser
import Events

/// `doctor`
struct Doctor: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Checks the machine, the settings, the data and GitHub, and says what to do.",
        discussion: helpDiscussion(
            "It changes nothing. The status is 1 where something is wrong; warnings leave it at 0. Run it as the user that runs "
                + "the service.",
            examples: "ingestor doctor", "sudo -u ingestor ingestor doctor --config /etc/ingestor/ingestor.yaml --json")
    )

    @OptionGroup var global: GlobalOptions
    @Flag(help: "Do not ask GitHub.") var offline = false

    func run(_ resolved: ResolvedSettings, _ output: Output) async throws -> ExitStatus {
        var verdicts: Set<Finding.Verdict> = []
        func tell(_ findings: [Finding]) throws {
            for finding in findings {
                verdicts.insert(finding.verdict)
                try show(finding, output)
            }
            try output.flush()
        }
        // Where the settings as a whole are wrong, the rest is looked at with those that are not.
        let settings = resolved.problems.isEmpty ? try Settings(resolved) : nil
        let data = DataDirectory(path: resolved.text(.data) ?? "")
        try tell(MachineCheck().findings())
        try tell(ConfigurationCheck(resolved: resolved).findings())
        let place = try Self.existing(data.path)
        try tell(DiskCheck(path: place).findings() + DataCheck(data: data, settings: settings).findings())
        if let settings {
            try tell(ListenCheck(listen: settings.listen, data: data).findings())
            if !offline {
                output.progress("asking GitHub")
                try tell(
                    await GitHubCheck(provider: Providers(settings).gitHub, options: settings.gitHub).findings())
            }
        }
        if verdicts.contains(.wrong) { return .failed }
        output.note(verdicts.contains(.warning) ? "It works; see the warnings." : "All is well.")
        return .done
    }

    /// The directory, or the nearest one above it that is there.
    private static func existing(_ path: String) throws -> String {
        var path =
            path.hasPrefix("/") ? path : String(decoding: ThisProcess.workingDirectory(), as: UTF8.self) + "/" + path
        while path.count > 1, try FileSystem.kind(path) == .missing {
            path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "/"
            if path.isEmpty { path = "/" }
        }
        return path
    }

    private func show(_ finding: Finding, _ output: Output) throws {
        if global.json { return try output.json(finding.json) }
        let style = output.style
        let mark =
            switch finding.verdict {
            case .ok: style.good("ok     ")
            case .warning: style.warning("warning")
            case .wrong: style.bad("wrong  ")
            }
        try output.line("\(mark)  \(finding.text)")
        if let advice = finding.advice { try output.line("         \(style.dim("→ \(advice)"))") }
    }
}
