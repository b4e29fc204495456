import Events
import Hummingbird

/// `GET /healthz`: the process answers. `GET /readyz`: it can do its work.
struct HealthRoutes: Sendable {
    /// Why it cannot; empty where it can.
    let obstacles: @Sendable () async -> [String]

    func health() -> Response { .json(.ok, .object([("status", .string("ok"))])) }

    func readiness() async throws -> Response {
        let obstacles = await obstacles()
        guard obstacles.isEmpty else {
            throw Problem(status: .serviceUnavailable, code: "notReady", detail: obstacles.joined(separator: "; "))
        }
        return .json(.ok, .object([("status", .string("ready"))]))
    }
}
