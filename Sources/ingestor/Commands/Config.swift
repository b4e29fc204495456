import ArgumentParser
import Events

/// `config`
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows the settings and where they come from, and checks them.",
        discussion: helpDiscussion(
            "A flag comes before a variable of the environment (INGESTOR_…), that before the file of --config, that before the "
                + "default.",
            examples: "ingestor config show", "ingestor config check --config /etc/ingestor/ingestor.yaml"),
        subcommands: [Show.self, Check.self, Reference.self])
}

extension Config {
    struct Show: SettingsCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows every setting, its value, and where that comes from. Secrets are not shown.",
            discussion: helpDiscussion(examples: "ingestor config show", "ingestor config show --json"))

        @OptionGroup var global: GlobalOptions

        func run(_ resolved: ResolvedSettings, _ output: Output) async throws -> ExitStatus {
            if global.json {
                for key in SettingKey.allCases { try output.json(SettingPresenter.json(key, resolved)) }
            } else {
                var table = Table([("SETTING", .left), ("VALUE", .left), ("FROM", .left)])
                for key in SettingKey.allCases { table.add(SettingPresenter.row(key, resolved, output.style)) }
                try output.table(table)
            }
            for problem in resolved.problems { output.problem("ingestor: \(problem)") }
            return resolved.problems.isEmpty ? .done : .failed
        }
    }

    struct Check: SettingsCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says everything that is wrong with the settings, a line each.",
            discussion: helpDiscussion(
                "Nothing is opened and nobody is asked; `ingestor doctor` does that.",
                examples: "ingestor config check --config /etc/ingestor/ingestor.yaml"))

        @OptionGroup var global: GlobalOptions

        func run(_ resolved: ResolvedSettings, _ output: Output) async throws -> ExitStatus {
            for problem in resolved.problems {
                if global.json { try output.json([("problem", .string(problem))]) } else { try output.line(problem) }
            }
            if resolved.problems.isEmpty {
                let count = resolved.given.count
                output.note(
                    "The settings can be used. \(Units.count(count, "setting")) given, the others are defaults.")
            }
            return resolved.problems.isEmpty ? .done : .failed
        }
    }

    struct Reference: SettingsCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the page on all settings, as Markdown, or a configuration file with all of them.",
            discussion: helpDiscussion(
                examples: "ingestor config reference", "ingestor config reference --example > ingestor.yaml"))

        @OptionGroup var global: GlobalOptions
        @Flag(help: "A configuration file in which every setting stands, commented out.") var example = false

        func run(_ resolved: ResolvedSettings, _ output: Output) async throws -> ExitStatus {
            try output.write(Array((example ? SettingsReference.example : SettingsReference.markdown).utf8))
            return .done
        }
    }
}
