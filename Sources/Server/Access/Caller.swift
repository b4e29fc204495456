import Events
import Hummingbird
import Queries

/// Who sent a request, as far as that was shown.
enum Caller: Sendable, Hashable {
    case nobody
    /// Whoever has the administrator's token.
    case administrator
    /// A tenant, by the token of that id.
    case tenant(TenantID, token: LogPosition)

    /// What there is to see.
    ///
    /// - Throws: `Problem` for nobody.
    var viewer: Viewer {
        get throws {
            switch self {
            case .nobody: throw Problem.missingToken
            case .administrator: .everything
            case .tenant(let id, _): .tenant(id)
            }
        }
    }

    var isAdministrator: Bool { self == .administrator }
}

extension Problem {
    static let missingToken = Problem.unauthorized("missingToken", "show a token: Authorization: Bearer …")
    static let wrongToken = Problem.unauthorized("wrongToken", "the token is not one that gives access here")
    static let noTokens = Problem.unauthorized(
        "notConfigured",
        "nobody has access: set INGESTOR_ADMIN_TOKEN, or make a token with `ingestor tokens add`")

    private static func unauthorized(_ code: String, _ detail: String) -> Problem {
        Problem(status: .unauthorized, code: code, detail: detail, challenge: "Bearer realm=\"ingestor\"")
    }
}
