/// What the process ends with.
enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    /// Damage or a difference was found.
    case damage = 2
    /// `EX_USAGE` of sysexits.h.
    case usage = 64

    /// As the help of every command says it.
    static let discussion = "Exit status: 0 done; 1 failed; 2 damage or a difference was found; 64 wrong usage."
}

/// Why a command could not do its job. The message says what to do.
struct CommandError: Error, Sendable, CustomStringConvertible {
    var status: ExitStatus
    var message: String

    init(_ message: String, status: ExitStatus = .failed) {
        self.message = message
        self.status = status
    }

    static func usage(_ message: String) -> Self { Self(message, status: .usage) }

    var description: String { message }
}
