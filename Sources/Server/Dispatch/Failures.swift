import Events
import Hummingbird
import Ingest
import Logging
import ProviderKit
import Queries

/// What somebody is told of what went wrong.
enum Failures {
    /// What is not the sender's fault goes to the log, and only that there is something to the sender.
    static func problem(_ error: any Error, _ logger: Logger, path: String) -> Problem {
        switch error {
        case let error as QueryError: return problem(error)
        case let error as IngestError: return problem(error)
        case let error as ProviderError:
            return Problem(status: .unprocessableContent, code: error.code.rawValue, detail: error.message)
        case let error as BodyReader.Failure: return problem(error)
        default:
            logger.error("A request failed", metadata: ["error": "\(error)", "path": "\(path)"])
            return Problem(
                status: .internalServerError, code: "failed", detail: "the request failed: see the server's log")
        }
    }

    private static func problem(_ error: QueryError) -> Problem {
        let status: HTTPResponse.Status =
            switch error.code {
            case .malformed: .badRequest
            case .neverSynced: .conflict
            default: .notFound
            }
        return Problem(status: status, code: error.code.rawValue, detail: error.message)
    }

    private static func problem(_ error: IngestError) -> Problem {
        let status: HTTPResponse.Status =
            switch error.code {
            case .alreadyAdded, .busy: .conflict
            case .unknownProvider: .unprocessableContent
            case .limitReached: .forbidden
            case .overloaded: .serviceUnavailable
            default: .notFound
            }
        return Problem(
            status: status, code: error.code.rawValue, detail: error.message,
            retryAfterSeconds: error.code == .busy || error.code == .overloaded ? Self.retryAfterSeconds : nil)
    }

    /// After which what is busy may have ended.
    private static let retryAfterSeconds = 5

    private static func problem(_ failure: BodyReader.Failure) -> Problem {
        switch failure {
        case .tooLarge:
            Problem(status: .contentTooLarge, code: "tooLarge", detail: "the body is too large", closes: true)
        case .tooSlow:
            Problem(status: .requestTimeout, code: "tooSlow", detail: "the body did not arrive in time", closes: true)
        case .noRoom:
            Problem(
                status: .serviceUnavailable, code: "unavailable", detail: "too many bytes are being received",
                closes: true, retryAfterSeconds: Self.retryAfterSeconds)
        case .cut: Problem(status: .badRequest, code: "malformed", detail: "the body ended too early", closes: true)
        }
    }
}

extension Problem {
    static let nothingHere = Problem(status: .notFound, code: "notFound", detail: "there is nothing at this path")

    static func malformed(_ detail: String) -> Problem {
        Problem(status: .badRequest, code: "malformed", detail: detail)
    }
}
