import Events
import GitHubSimulator
import Glibc
import Testing

/// The built program, run as a process of its own.
struct Tool: Sendable {
    let folder: String
    var variables: [String: String] = [:]
    /// The file that is the program's standard input.
    var input = "/dev/null"

    /// The data directory of these tests' stores.
    var data: String { folder + "/data" }

    struct Result: Sendable {
        let status: Int32
        let output: [UInt8]
        let messages: String

        var text: String { String(decoding: output, as: UTF8.self) }
        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    /// A process that is under way.
    struct Running: Sendable {
        let process: pid_t
        let outputPath: String
        let messagesPath: String

        /// Waits without blocking the thread: a server in this process may have to answer meanwhile.
        func wait() async throws -> Result {
            var status: Int32 = 0
            while true {
                let ended = waitpid(process, &status, WNOHANG)
                if ended == process { break }
                if ended < 0, errno != EINTR { throw ToolFailure("waitpid: \(errno)") }
                try await Task.sleep(for: .milliseconds(3))
            }
            let signal = status & 0x7F
            return Result(
                status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: try bytes(of: outputPath),
                messages: String(decoding: try bytes(of: messagesPath), as: UTF8.self))
        }

        func end() { kill(process, SIGKILL) }
    }

    /// Runs the program to its end.
    func callAsFunction(_ arguments: String..., in directory: String? = nil) async throws -> Result {
        try await start(arguments.map { Array($0.utf8) }, in: directory).wait()
    }

    func run(_ arguments: [[UInt8]]) async throws -> Result { try await start(arguments, in: nil).wait() }

    /// Runs the program, and expects that it succeeds.
    @discardableResult
    func succeed(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> Result {
        let result = try await start(arguments.map { Array($0.utf8) }, in: nil).wait()
        #expect(result.status == 0, "\(arguments): \(result.messages)", sourceLocation: sourceLocation)
        return result
    }

    /// Arguments for a shell that has the program as its `$0`.
    func shellWords(_ script: String) throws -> [[UInt8]] { ["-c", script, try Self.program()].map { Array($0.utf8) } }

    /// - Parameter other: another program than the built one.
    func start(_ arguments: [[UInt8]], in directory: String? = nil, program other: String? = nil) throws -> Running {
        let program = try other ?? Self.program()
        let number = UInt32.random(in: 0 ... .max)
        let outputPath = "\(folder)/output-\(number)"
        let messagesPath = "\(folder)/messages-\(number)"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, messagesPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        // posix_spawn has no portable way to change the directory: `env -C` does it.
        let prefix = directory.map { ["/usr/bin/env", "-C", $0, program] } ?? [program]
        let words = prefix.map { Array($0.utf8) } + arguments
        var environment = [
            "INGESTOR_DATA": data, "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "TMPDIR": folder,
        ]
        environment.merge(variables) { $1 }
        var process = pid_t()
        let code = Self.withPointers(words) { words in
            Self.withPointers(environment.map { Array("\($0.key)=\($0.value)".utf8) }) { environment in
                words[0].map { posix_spawn(&process, $0, &actions, nil, words, environment) } ?? ENOENT
            }
        }
        guard code == 0 else { throw ToolFailure("\(program) cannot be started: \(String(cString: strerror(code)))") }
        return Running(process: process, outputPath: outputPath, messagesPath: messagesPath)
    }

    /// The program lies beside the bundle of the tests.
    private static func program() throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let directory = path.split(separator: "/").dropLast().joined(separator: "/")
        for candidate in ["/\(directory)/ingestor", ".build/debug/ingestor"] where access(candidate, X_OK) == 0 {
            return candidate
        }
        throw ToolFailure("the built program is not beside \(path)")
    }

    private static func withPointers<R>(_ words: [[UInt8]], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
        let pointers = words.map { word in
            let pointer = UnsafeMutablePointer<CChar>.allocate(capacity: word.count + 1)
            for (index, byte) in word.enumerated() { pointer[index] = CChar(bitPattern: byte) }
            pointer[word.count] = 0
            return Optional(pointer)
        }
        defer { for pointer in pointers { pointer?.deallocate() } }
        return body(pointers + [nil])
    }
}

struct ToolFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The whole file.
func bytes(of path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ToolFailure("\(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(descriptor, &piece, piece.count)
        guard count > 0 else { return bytes }
        bytes += piece[..<count]
    }
}

func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw ToolFailure("\(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw ToolFailure("\(path): \(errno)") }
}

/// A program of the system, such as `tar` or `diff`.
@discardableResult
func system(_ command: String) async throws -> Int32 {
    var process = pid_t()
    let words: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/sh"), strdup("-c"), strdup(command), nil]
    defer { for word in words { free(word) } }
    guard posix_spawn(&process, "/bin/sh", nil, nil, words, environ) == 0 else {
        throw ToolFailure("/bin/sh cannot be started")
    }
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) != process { try await Task.sleep(for: .milliseconds(3)) }
    return (status >> 8) & 0xFF
}

/// Waits, for ten seconds at most, until something is so.
func until(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<1000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("it never happened that \(what)")
}
