import Hummingbird
import Logging

/// Who may use a route.
enum RouteAccess: Sendable {
    /// Anybody.
    case open
    /// Who shows a token.
    case token
    /// Who has signed in, or shows a token; others are led to the sign-in page.
    case session
}

/// What a route answers: a method at a path.
struct Route: Sendable {
    typealias Handler = @Sendable (Exchange) async throws -> Response

    enum Segment: Sendable, Equatable {
        case literal(String)
        case parameter(String)
    }

    let method: HTTPRequest.Method
    /// As it was given: `/v1/repositories/{id}`. Metrics and logs name it, never the path that somebody sent.
    let path: String
    let segments: [Segment]
    let access: RouteAccess
    let handler: Handler

    init(_ method: HTTPRequest.Method, _ path: String, _ access: RouteAccess, _ handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.access = access
        self.handler = handler
        segments = path.split(separator: "/").map { segment in
            segment.hasPrefix("{") ? .parameter(String(segment.dropFirst().dropLast())) : .literal(String(segment))
        }
    }

    /// What its parameters are at a path; nil where it is another one's.
    func match(_ path: [String]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, text) in zip(segments, path) {
            switch segment {
            case .literal(let literal): if literal != text { return nil }
            case .parameter(let name): parameters[name] = text
            }
        }
        return parameters
    }
}

/// A request, and what is known of it.
struct Exchange: Sendable {
    let request: Request
    let parameters: [String: String]
    let query: QueryItems
    let caller: Caller
    let logger: Logger

    func parameter(_ name: String) throws -> String {
        guard let text = parameters[name] else { throw Problem.nothingHere }
        return text
    }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { request.headers[$0] } }

    /// Whether the first thing that the sender names as wanted is of that type.
    func accepts(_ type: String) -> Bool {
        (request.headers[.accept] ?? "").split(separator: ",").contains { part in
            part.split(separator: ";").first?.trimmingWhitespace().lowercased() == type
        }
    }
}

extension Substring {
    func trimmingWhitespace() -> String {
        var rest = self
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
