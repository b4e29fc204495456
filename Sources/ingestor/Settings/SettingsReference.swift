/// The page on all settings, and a file in which all of them stand.
enum SettingsReference {
    static var markdown: String {
        var text = """
            # Settings

            Every setting, from the table that the program itself reads. Written by `ingestor config reference`.

            ## Overview

            Each is given as a variable of the environment, or in the YAML file that `--config` (or `INGESTOR_CONFIG`) names; some as a
            flag too. A flag comes before the environment, that before the file, that before the default. A name that is unknown and a value that
            does not parse are errors, never defaults. `ingestor config show` says what holds and why, `ingestor config check` what
            is wrong.

            A secret can also be read from a file: its name in the configuration file with `File` at the end, in the environment with `_FILE`.
            Both forms together are an error. Relative paths begin where the command was started.

            *Live* settings change while `ingestor serve` runs: change the file, and send the process SIGHUP (`systemctl reload
            ingestor`). All others hold from the next start; the service says so when it finds one changed. A file that is wrong changes nothing:
            each thing that is wrong is logged as an error, the old settings go on to hold, and `ingestor_config_last_reload_successful`
            becomes 0.


            """
        for section in SettingSection.allCases {
            text += "## \(section.rawValue)\n\n"
            text += "| in the file | in the environment | value | default | changes |\n|---|---|---|---|---|\n"
            let keys = SettingKey.allCases.filter { $0.section == section }
            for key in keys { text += row(key) }
            text += "\n"
            for key in keys { text += "- term `\(key.rawValue)`: \(key.definition.summary)\n" }
            text += "\n"
        }
        text.removeLast()
        return text
    }

    private static func row(_ key: SettingKey) -> String {
        let definition = key.definition
        let names = { (names: [String]) in names.map { "`\($0)`" }.joined(separator: ", ") }
        let cells = [
            names(key.fileNames), names(key.environmentNames), definition.kind.expectation,
            definition.defaultText.map { "`\($0)`" } ?? definition.withoutValue,
            definition.change == .live ? "live" : "at the next start",
        ]
        return "| \(cells.joined(separator: " | ")) |\n"
    }

    /// A configuration file that says what holds anyway.
    static var example: String {
        var text = """
            # Settings of ingestor. Each line that is commented out shows the default, or an example where there is none.
            # Check this file with `ingestor config check`; `systemctl reload ingestor` makes the service read it again.

            """
        for section in SettingSection.allCases {
            text += "\n# \(section.rawValue)\n"
            for key in SettingKey.allCases where key.section == section { text += lines(key) }
        }
        return text
    }

    private static func lines(_ key: SettingKey) -> String {
        let definition = key.definition
        let without = definition.defaultText == nil ? " Without it: \(definition.withoutValue)." : ""
        let line: String
        if key.isSecret {
            line = "\(key.fileForm): /etc/ingestor/secrets/\(key.rawValue)"
        } else {
            line = "\(key.rawValue): \(definition.defaultText ?? "")"
        }
        return "\n# \(definition.summary)\(without)\n#\(line)\n"
    }
}
