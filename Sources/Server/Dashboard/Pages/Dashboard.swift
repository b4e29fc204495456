import Events
import Hummingbird
import Ingest
import Projections
import Queries

/// The dashboard: pages made here, which need no script.
struct Dashboard: Sendable {
    let backend: APIBackend
    let authenticator: Authenticator
    let sessions: Sessions
    let streams: StreamBudget
    let forms: FormReader
    let attempts: RateLimiter<Caller>
    /// Limits of the server; a page is called limits too.
    let serverLimits: ServerLimits
    let storageHistory = HistoryCache()

    var routes: [Route] {
        [
            Route(.get, "/", .session) { try page($0, overview) },
            Route(.get, "/repositories", .session) { try page($0, repositories) },
            Route(.get, "/repositories/{id}", .session) { try page($0, repository) },
            Route(.post, "/repositories/{id}/sync", .session, sync),
            Route(.get, "/events", .session) { try page($0, events) },
            Route(.get, "/explain", .session) { try page($0, explain) },
            Route(.get, "/dead-letters", .session) { try page($0, deadLetters) },
            Route(.post, "/dead-letters/{id}/retry", .session, retry),
            Route(.get, "/limits", .session) { try page($0, limits) },
            Route(.get, "/storage", .session) { try page($0, storage) },
            Route(.get, "/log", .session) { try page($0, log) }, Route(.get, "/live", .session, live),
            Route(.get, "/sign-in", .open, showSignIn), Route(.post, "/sign-in", .open, signIn),
            Route(.post, "/sign-out", .session, signOut),
        ] + Assets.routes
    }

    /// Attempts to sign in, of all together.
    var signInRate: Rate { Rate(perSecond: serverLimits.signInsPerSecond, burst: serverLimits.signInBurst) }

    /// A page's title, what can be done there, and what stands below it.
    struct Page {
        var title: String
        var action: HTML
        var content: HTML

        init(_ title: String, _ content: HTML, action: HTML = "") {
            self.title = title
            self.action = action
            self.content = content
        }
    }

    /// What a page is made with.
    struct Visit {
        let exchange: Exchange
        let queries: Queries
        let now: Timestamp
        /// Nil where a token was shown instead of a session.
        let csrf: String?

        /// What a form sends along.
        var proof: HTML { csrf.map { "<input type=\"hidden\" name=\"csrf\" value=\"\($0)\">" } ?? "" }
    }

    private func page(_ exchange: Exchange, _ make: (Visit) throws -> Page) throws -> Response {
        guard exchange.caller != .nobody else { return Self.redirect(to: "/sign-in") }
        let visit = Visit(
            exchange: exchange, queries: try backend.queries(for: exchange), now: backend.now(),
            csrf: sessions.session(of: exchange.request)?.csrf)
        let path = exchange.request.uri.path
        let who = visit.queries.seesEverything ? "administrator" : visit.queries.tenant?.name ?? ""
        func layout(_ title: String) -> Layout { Layout(title: title, path: path, caller: who, csrf: visit.csrf) }
        func refusal(_ text: String, _ status: HTTPResponse.Status) -> Response {
            layout(status.reasonPhrase).response(
                "<h1>\(status.reasonPhrase)</h1><p class=\"empty\">\(text)</p>", status: status)
        }
        do {
            let page = try make(visit)
            let title: HTML =
                page.action.text.isEmpty
                ? "<h1>\(page.title)</h1>" : "<div class=\"title\"><h1>\(page.title)</h1>\(page.action)</div>"
            return layout(page.title).response("\(title)\(page.content)")
        } catch let error as QueryError {
            return refusal(error.message, .notFound)
        } catch let problem as Problem {
            return refusal(problem.detail, problem.status)
        }
    }

    static func redirect(to path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path, .cacheControl: "no-store"])
    }

    // MARK: What changes something

    private func sync(_ exchange: Exchange) async throws -> Response {
        try await forms.check(exchange, sessions)
        let row = try RepositoryRoutes.repository(exchange, try backend.queries(for: exchange))
        _ = try await backend.engine.requestSync(row.id)
        return Self.redirect(to: "/repositories/\(row.id.rawValue)")
    }

    private func retry(_ exchange: Exchange) async throws -> Response {
        try await forms.check(exchange, sessions)
        guard let number = UInt64(try exchange.parameter("id")),
            let job = try backend.queries(for: exchange).job(LogPosition(number))
        else { throw Problem.nothingHere }
        _ = try await backend.engine.requeue(job.id)
        return Self.redirect(to: "/dead-letters")
    }

    /// What happens from now on, for pages that show it as it does.
    private func live(_ exchange: Exchange) async throws -> Response {
        let queries = try backend.queries(for: exchange)
        let filter = try EventRoutes.filter(exchange, queries)
        let stream = EventStream(
            queries: queries, filter: filter,
            format: .rendered { envelope, forms in
                try HTML.row(cells(envelope, &forms, backend.now()), Self.eventColumns).text
            }, follows: true, pollSeconds: serverLimits.followSeconds, heartbeatSeconds: serverLimits.heartbeatSeconds,
            isAllowed: { [authenticator, caller = exchange.caller] in try authenticator.isValid(caller) })
        return stream.response(place: try streams.take(exchange.caller), executor: backend.executor)
    }
}
