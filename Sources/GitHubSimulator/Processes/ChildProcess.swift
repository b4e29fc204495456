import Glibc
import Synchronization

/// A child in a process group of its own, so that ending it ends what it started too.
///
/// Its standard streams are sockets of ours, and every descriptor of ours is closed on exec. A child whose last owner lets go of it is killed and reaped, so none
/// is left running and none becomes a zombie.
final class ChildProcess: Sendable {
    enum Input {
        case none
        /// The child reads what is sent to `input`.
        case socket
    }

    /// The end that feeds the child's standard input.
    let input: Descriptor?
    /// The end that gives the child's standard output.
    let output: Descriptor
    private let errors: Descriptor
    private let identifier: pid_t
    private let status = Mutex<Int32?>(nil)
    private static let errorFileCount = Atomic(0)

    /// - Parameters:
    ///   - program: a path, or a name that is looked up in `PATH`.
    ///   - environment: `NAME=value`; the child has no other variables.
    init(program: String = "git", arguments: [[UInt8]], environment: [String], input: Input = .none) throws {
        let (feed, standardInput) = try Self.makeInput(input)
        let (output, standardOutput) = try Self.makeSocketPair()
        let errors = try Self.makeErrorFile()

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standardInput.number, 0)
        posix_spawn_file_actions_adddup2(&actions, standardOutput.number, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.number, 2)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        // Servers ignore SIGPIPE, and git relies on dying of it where its reader is gone.
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)

        var identifier: pid_t = 0
        let result = withCStrings([Array(program.utf8)] + arguments, environment.map { Array($0.utf8) }) {
            arguments, environment in
            posix_spawnp(&identifier, program, &actions, &attributes, arguments, environment)
        }
        guard result == 0 else { throw SimulatorError.system("starting \(program)", code: result) }
        (self.identifier, self.input, self.output, self.errors) = (identifier, feed, output, errors)
    }

    deinit {
        terminate()
        _ = wait()
    }

    /// Kills the child and what it started, unless it has ended.
    func terminate() {
        status.withLock { if $0 == nil { kill(-identifier, SIGKILL) } }
    }

    /// Waits for the end; the status is that of `waitpid`, 0 for success.
    func wait() -> Int32 {
        while true {
            if let status = reap(0) { return status }
        }
    }

    /// Waits for the end without holding a thread; a child that has closed its output is about to end.
    func end() async throws -> Int32 {
        while true {
            if let status = reap(WNOHANG) { return status }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// The first `limit` bytes that the child wrote to its standard error.
    func errorText(limit: Int = 4096) -> String {
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(pread(errors.number, buffer.baseAddress, limit, 0), 0)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func reap(_ options: Int32) -> Int32? {
        status.withLock { status in
            var value: Int32 = 0
            if status == nil, waitpid(identifier, &value, options) == identifier { status = value }
            return status
        }
    }

    // MARK: Streams

    private static func makeInput(_ input: Input) throws -> (feed: Descriptor?, child: Descriptor) {
        switch input {
        case .none:
            let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard null >= 0 else { throw SimulatorError.system("open /dev/null") }
            return (nil, Descriptor(null))
        case .socket:
            let (feed, child) = try makeSocketPair()
            return (feed, child)
        }
    }

    /// Sockets and no pipes: these alone can be had closed on exec in one call, and without SIGPIPE for the writer.
    private static func makeSocketPair() throws -> (ours: Descriptor, child: Descriptor) {
        var pair: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { throw SimulatorError.system("socketpair") }
        return (Descriptor(pair[0]), Descriptor(pair[1]))
    }

    /// A file without a name: unlike a pipe it never fills up, so nobody has to read it while the child runs.
    private static func makeErrorFile() throws -> Descriptor {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let name = "\(folder)/child-errors-\(getpid())-\(errorFileCount.add(1, ordering: .relaxed).newValue)"
        let number = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SimulatorError.system("making \(name)") }
        unlink(name)
        return Descriptor(number)
    }
}
