import Events
import Hummingbird

extension Dashboard {
    func showSignIn(_ exchange: Exchange) async throws -> Response { signInPage(nil, status: .ok) }

    private func signInPage(_ note: String?, status: HTTPResponse.Status) -> Response {
        let message: HTML = note.map { "<p class=\"bad\" role=\"alert\">\($0)</p>" } ?? ""
        return Layout(title: "Sign in", path: "/sign-in", caller: nil, csrf: nil).response(
            """
            \(message)<form method="post" action="/sign-in" class="filter">\
            <label>Token<input type="password" name="token" autocomplete="current-password" required autofocus></label>\
            <button>Sign in</button></form>\
            <p class="dim">The administrator's token, or one that <code>ingestor tokens add</code> has shown.</p>
            """, status: status)
    }

    /// Takes a token, and gives the browser a session for it.
    func signIn(_ exchange: Exchange) async throws -> Response {
        guard attempts.take(.nobody) == nil else {
            return signInPage("There were many attempts. Try again in a moment.", status: .tooManyRequests)
        }
        // A form of another site would come with that site's origin.
        if let site = exchange.header("Sec-Fetch-Site"), site != "same-origin", site != "none" {
            throw Problem(status: .forbidden, code: "wrongForm", detail: "sign in on this server's own page")
        }
        let fields = try await forms.read(exchange.request)
        guard let token = try fields.text("token"), let caller = try authenticator.caller(token: token) else {
            return signInPage("That token gives no access here.", status: .unauthorized)
        }
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
