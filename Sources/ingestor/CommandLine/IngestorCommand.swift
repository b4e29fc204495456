import ArgumentParser

/// A command of the command line. It says what it needs; ``Program`` opens that and carries it out, perhaps for another process.
protocol IngestorCommand: ParsableCommand, Sendable {
    var global: GlobalOptions { get }

    /// Settings that this command was given as flags.
    var flags: [SettingKey: String] { get }
}

extension IngestorCommand {
    var flags: [SettingKey: String] { [:] }

    /// The words by which it is called: `repo add`.
    static var words: String { CommandTree.path(to: Self.self).joined(separator: " ") }
}

/// Needs nothing to be open.
protocol StandaloneCommand: IngestorCommand {
    func run(_ context: Context) async throws -> ExitStatus
}

/// Looks at the settings themselves, be they sound or not, and opens nothing.
protocol SettingsCommand: IngestorCommand {
    func run(_ resolved: ResolvedSettings, _ output: Output) async throws -> ExitStatus
}

/// Reads, beside whoever writes.
protocol ReadingCommand: IngestorCommand {
    /// A state to read instead of the live one.
    var stateDirectory: String? { get }
    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus
}

/// Reads the live state, or one that `replay --into` made.
protocol QueryCommand: ReadingCommand {
    var read: ReadOptions { get }
}

extension QueryCommand {
    var stateDirectory: String? { read.state }
}

/// Needs the right to write; carried out by the process that has it.
protocol WritingCommand: IngestorCommand {
    /// It takes signals itself; else the first one cancels it.
    static var takesSignals: Bool { get }
    /// Called before anything is opened, by whoever has the right to write; a status ends the command.
    func prepare(_ context: Context) async throws -> ExitStatus?
    /// Whether it begins with a state of an earlier version, and makes it anew beside its work.
    var usesOutdated: Bool { get }
    func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus
}

extension WritingCommand {
    static var takesSignals: Bool { false }
    func prepare(_ context: Context) async throws -> ExitStatus? { nil }
    var usesOutdated: Bool { false }
}

/// Makes the discussion of a command's help: its example, and the exit status.
func helpDiscussion(_ text: String = "", examples: String...) -> String {
    let parts = [
        text, "Example:\n" + examples.map { "  \($0)" }.joined(separator: "\n"), ExitStatus.discussion,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
}
