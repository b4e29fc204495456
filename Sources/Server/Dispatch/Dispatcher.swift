import Events
import Hummingbird
import Logging

/// Finds the route that a request means, lets its sender in or not, and turns whatever goes wrong into
/// `application/problem+json`.
struct Dispatcher: HTTPResponder {
    typealias Context = BasicRequestContext

    let table: RouteTable
    let authenticator: Authenticator
    let observer: any RequestObserver
    let executor: (any TaskExecutor)?
    let now: @Sendable () -> Timestamp
    let logger: Logger

    func respond(to request: Request, context: Context) async throws -> Response {
        let began = now()
        let trace = request.headers[.traceparent].flatMap { TraceContext($0) }
        var logger = logger
        if let trace { logger[metadataKey: "trace"] = "\(trace.trace)" }
        var path = "unknown"
        var response: Response
        do {
            response = try await TraceContext.$current.withValue(trace) { try await answer(request, &path, logger) }
        } catch let problem as Problem {
            response = problem.response
        } catch let error as any HTTPResponseError {
            response = Problem(status: error.status, code: "refused", detail: "the request was refused").response
        } catch {
            response = Failures.problem(error, logger, path: path).response
        }
        if let trace { response.headers[.traceparent] = trace.header }
        response.headers[.contentTypeOptions] = "nosniff"
        let seconds = Double(now().microseconds - began.microseconds) / 1e6
        observer.answered(
            method: request.method.rawValue, path: path, status: response.status.code, seconds: max(0, seconds))
        logger.debug(
            "A request was answered",
            metadata: [
                "method": "\(request.method.rawValue)", "path": "\(path)", "status": "\(response.status.code)",
                "seconds": "\(seconds)",
            ])
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Request, _ path: inout String, _ logger: Logger) async throws -> Response {
        switch table.match(request.method, request.uri.path) {
        case .nothing: throw Problem.nothingHere
        case .wrongMethod(let allowed):
            throw Problem(
                status: .methodNotAllowed, code: "wrongMethod",
                detail: "this path takes \(allowed.joined(separator: ", "))",
                allow: allowed.joined(separator: ", "))
        case .route(let route, let parameters):
            path = route.path
            return try await withTaskExecutorPreference(executor) {
                let caller = try authenticator.admit(request, to: route)
                let exchange = Exchange(
                    request: request, parameters: parameters, query: try QueryItems(request.uri.query), caller: caller,
                    logger: logger)
                return try await route.handler(exchange)
            }
        }
    }
}

/// Is told of each request that was answered. What it is told has few values: no path that somebody made up.
protocol RequestObserver: Sendable {
    func answered(method: String, path: String, status: Int, seconds: Double)
}
