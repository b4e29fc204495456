import Events
import Hummingbird

extension Dashboard {
    func showSignIn(_ exchange: Exchange) async throws -> Response {
        // Who only asks whether a link is good does not use it up.
        guard let code = try exchange.query.text("code"), exchange.request.method == .get else {
            return signInPage(nil, status: .ok)
        }
        guard attempts.take(.nobody, signInRate) == nil else { return tooManyAttempts }
        guard let known = backend.oneTimeCode, known.redeem(code, at: backend.now()) else {
            return signInPage("That link was used already, or is too old. Sign in with a token.", status: .unauthorized)
        }
        return try begin(.administrator, exchange)
    }

    private var tooManyAttempts: Response {
        signInPage("There were many attempts. Try again in a moment.", status: .tooManyRequests)
    }

    private func signInPage(_ note: String?, status: HTTPResponse.Status) -> Response {
        let message: HTML = note.map { "<p class=\"alert\" role=\"alert\">\($0)</p>" } ?? ""
        return Layout(title: "Sign in", path: "/sign-in", caller: nil, csrf: nil).response(
            """
            <div class="sign-in"><p class="name"><img src="/assets/icon.svg" alt="">ingestor</p><div class="card"><h1>Sign in</h1>\
            <p class="dim">With the administrator's token, or one that <code>ingestor tokens add</code> has shown.</p>\(message)\
            <form method="post" action="/sign-in">\
            <label>Token<input type="password" name="token" autocomplete="current-password" required autofocus></label>\
            <button>Sign in</button></form></div></div>
            """, status: status)
    }

    /// Takes a token, and gives the browser a session for it.
    func signIn(_ exchange: Exchange) async throws -> Response {
        guard attempts.take(.nobody, signInRate) == nil else { return tooManyAttempts }
        // A form of another site would come with that site's origin.
        if let site = exchange.header("Sec-Fetch-Site"), site != "same-origin", site != "none" {
            throw Problem(status: .forbidden, code: "wrongForm", detail: "sign in on this server's own page")
        }
        let fields = try await forms.read(exchange.request)
        guard let token = try fields.text("token"), let caller = try authenticator.caller(token: token) else {
            return signInPage("That token gives no access here.", status: .unauthorized)
        }
        return try begin(caller, exchange)
    }

    private func begin(_ caller: Caller, _ exchange: Exchange) throws -> Response {
        var response = Self.redirect(to: "/")
        response.headers[.setCookie] = cookie(
            try sessions.begin(caller), exchange, seconds: Int(Sessions.maximumSeconds))
        return response
    }

    func signOut(_ exchange: Exchange) async throws -> Response {
        try await forms.check(exchange, sessions)
        sessions.end(exchange.request)
        var response = Self.redirect(to: "/sign-in")
        response.headers[.setCookie] = cookie("", exchange, seconds: 0)
        return response
    }

    /// Nothing on the page may read it, and no other site makes the browser send it.
    private func cookie(_ value: String, _ exchange: Exchange, seconds: Int) -> String {
        let secure = exchange.header("X-Forwarded-Proto") == "https" ? "; Secure" : ""
        return "\(Sessions.cookieName)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict\(secure)"
    }
}
