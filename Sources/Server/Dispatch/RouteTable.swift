import Hummingbird

/// All routes, and which of them a request means.
struct RouteTable: Sendable {
    private let routes: [Route]

    init(_ routes: [Route]) { self.routes = routes }

    enum Match {
        case route(Route, parameters: [String: String])
        /// There is something at the path, which takes these methods alone.
        case wrongMethod(allowed: [String])
        case nothing
    }

    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        guard let segments = Self.segments(path) else { return .nothing }
        var allowed: [String] = []
        // What is looked at is looked up as if it were fetched, and its body left out.
        let wanted = method == .head ? .get : method
        for route in routes {
            guard let parameters = route.match(segments) else { continue }
            if route.method == wanted { return .route(route, parameters: parameters) }
            allowed.append(route.method.rawValue)
            if route.method == .get { allowed.append("HEAD") }
        }
        return allowed.isEmpty ? .nothing : .wrongMethod(allowed: allowed.sorted())
    }

    /// The parts of a path; nil where one of them is not encoded as it should be.
    private static func segments(_ path: String) -> [String]? {
        var segments: [String] = []
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            // A plus sign is itself in a path.
            let text = part.flatMap { $0 == UInt8(ascii: "+") ? Array("%2B".utf8) : [$0] }
            guard let bytes = decoded(text), let segment = String(validating: bytes, as: UTF8.self) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    private static func decoded(_ text: [UInt8]) -> [UInt8]? {
        // What is badly encoded names nothing that there is.
        do { return try QueryItems.decode(text) } catch { return nil }
    }
}
