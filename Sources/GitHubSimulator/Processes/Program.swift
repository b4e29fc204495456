import Glibc

/// Runs a program as a person or a script would, or kills it half-way.
public enum Program {
    /// How a program ended.
    public enum Ending: Sendable, Equatable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    public struct Outcome: Sendable {
        public var ending: Ending
        /// What it wrote to standard output.
        public var output: [UInt8]
        /// The first 4 KiB of what it wrote to standard error.
        public var errorText: String

        public var isSuccess: Bool { ending == .exited(0) }
    }

    /// Runs a program to its end without holding a thread, so it may talk to a server in this process. Its standard input is empty.
    /// - Parameters:
    ///   - program: a path, or a name that is looked up in `PATH`.
    ///   - environment: `NAME=value`; it has no other variables.
    ///   - killWhen: runs beside the program; where it returns first, the program and what it started get SIGKILL.
    public static func run(
        _ program: String, _ arguments: [String], environment: [String],
        killWhen: (@Sendable () async throws -> Void)? = nil
    ) async throws -> Outcome {
        let child = try ChildProcess(
            program: program, arguments: arguments.map { Array($0.utf8) }, environment: environment)
        child.output.setNonBlocking()
        return try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let killWhen {
                    group.addTask {
                        do { try await killWhen() } catch is CancellationError { return }
                        child.terminate()
                    }
                }
                var output: [UInt8] = []
                while true {
                    let bytes = try await child.output.read(upTo: GitCommand.chunkBytes)
                    if bytes.isEmpty { break }
                    output += bytes
                }
                let status = try await child.end()
                group.cancelAll()
                return Outcome(ending: Ending(waitStatus: status), output: output, errorText: child.errorText())
            }
        } onCancel: {
            child.terminate()
        }
    }
}

extension Program.Ending {
    /// As the macros of `sys/wait.h` read it: the signal in the low seven bits, else the exit status in the next byte.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7F
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xFF) : .killed(signal: signal)
    }
}
