import Hummingbird
import Logging

/// Turns whatever a route throws into `application/problem+json`.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return problem.response
        } catch let error as any HTTPResponseError {
            return Problem(
                status: error.status, code: error.status == .notFound ? "notFound" : "refused",
                detail: error.status == .notFound ? "there is nothing at this path" : "the request was refused"
            ).response
        } catch {
            logger.error("A request failed", metadata: ["error": "\(type(of: error))", "path": "\(request.uri.path)"])
            return Problem(
                status: .internalServerError, code: "failed", detail: "the request failed: see the server's log"
            ).response
        }
    }
}
