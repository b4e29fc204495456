import Glibc

/// Runs the `git` binary where neither the user's nor the system's configuration changes what it does.
enum GitCommand {
    /// Bytes read from a child at once.
    static let chunkBytes = 65_536

    /// The variables every git child gets.
    /// - Parameter configuration: settings that stand above those of any file.
    static func environment(_ configuration: [(key: String, value: String)] = []) -> [String] {
        // Repositories may belong to another user than the one who runs the server: git refuses these unless told.
        let settings = [(key: "safe.directory", value: "*")] + configuration
        var environment = [
            "PATH=\(getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin")",
            "HOME=/nonexistent", "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
            "GIT_CONFIG_COUNT=\(settings.count)",
        ]
        for (index, setting) in settings.enumerated() {
            environment.append("GIT_CONFIG_KEY_\(index)=\(setting.key)")
            environment.append("GIT_CONFIG_VALUE_\(index)=\(setting.value)")
        }
        return environment
    }

    /// Runs `git` to its end and returns its standard output.
    /// - Parameter feed: writes the standard input; what the command prints meanwhile has to fit into a socket's buffer (64 KiB).
    static func run(
        _ arguments: [[UInt8]], in directory: String? = nil, environment: [String] = environment(),
        feed: ((CommandInput) throws -> Void)? = nil
    ) throws -> [UInt8] {
        let child = try ChildProcess(
            arguments: (directory.map { [Array("-C".utf8), Array($0.utf8)] } ?? []) + arguments,
            environment: environment, input: feed == nil ? .none : .socket)
        if let feed, let input = child.input {
            do {
                try feed(CommandInput(descriptor: input))
            } catch let error as SimulatorError where error.code == .system {
                // The command ended before it had read everything; its exit status and words say why.
            }
            input.close()
        }
        var output: [UInt8] = []
        while let bytes = try child.output.readNow(upTo: chunkBytes), !bytes.isEmpty { output += bytes }
        let status = child.wait()
        guard status == 0 else {
            let name = arguments.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw SimulatorError(
                code: .git, message: "git \(name) failed with wait status \(status): \(child.errorText())")
        }
        return output
    }
}

/// What feeds the standard input of a git command.
struct CommandInput {
    let descriptor: Descriptor

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count { sent += try descriptor.sendNow(bytes[sent...]) ?? 0 }
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }
}
