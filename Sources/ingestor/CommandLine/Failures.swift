import Events
import Queries

extension CommandError {
    /// Any failure as a person reads it.
    init(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as ConfigurationError: self = .usage(error.problems.joined(separator: "\ningestor: "))
        case let error as QueryError where error.code == .malformed: self = .usage(error.message)
        case is CancellationError: self = CommandError("stopped")
        default: self = CommandError(String(describing: error))
        }
    }
}

extension Output {
    /// Says what went wrong.
    @discardableResult
    func fail(_ error: CommandError) -> ExitStatus {
        problem("ingestor: \(error.message)")
        return error.status
    }

    /// Help is a result: somebody asked for it.
    func help(_ message: String) {
        do {
            try line(message)
            try flush()
        } catch {
            // `ingestor --help | head`: the rest is of no use to anybody.
        }
    }
}
