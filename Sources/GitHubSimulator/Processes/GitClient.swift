/// The `git` binary as a client, the yardstick that other clients are held against.
public enum GitClient {
    /// Runs `git` to its end without holding a thread, so it may talk to a server in this process.
    /// - Parameters:
    ///   - directory: where it runs; nil for the caller's.
    ///   - configuration: settings such as `protocol.version`.
    /// - Returns: its standard output. A failure's error carries what it wrote to standard error.
    @discardableResult
    public static func run(
        _ arguments: [String], in directory: String? = nil, configuration: [String: String] = [:]
    ) async throws -> [UInt8] {
        let settings = configuration.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
        let command = (directory.map { ["-C", $0] } ?? []) + arguments
        let outcome = try await Program.run(
            "git", command, environment: GitCommand.environment(settings) + ["GIT_TERMINAL_PROMPT=0"])
        guard outcome.isSuccess else {
            throw SimulatorError(
                code: .git,
                message: "git \(arguments.first ?? "") failed, \(outcome.ending): \(outcome.errorText)")
        }
        return outcome.output
    }
}
