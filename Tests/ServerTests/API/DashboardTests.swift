import Events
import Ingest
import ProviderKit
import Server
import Testing

@Suite struct DashboardTests {
    static let pages = [
        "/", "/repositories", "/events", "/explain", "/dead-letters", "/limits", "/storage",
    ]

    /// The session's cookie, as a browser would send it.
    static func signIn(_ harness: APIHarness, _ token: String) throws -> String {
        let answer = try harness.ask(
            "POST", "/sign-in", as: nil, [("Content-Type", "application/x-www-form-urlencoded")],
            body: "token=\(token.replacing("+", with: "%2B").replacing(" ", with: "+"))")
        #expect(answer.status == 303)
        let cookie = try #require(answer.headers["set-cookie"])
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] { #expect(cookie.contains(attribute), "\(cookie)") }
        return String(cookie.prefix { $0 != ";" })
    }

    static func csrf(in page: String) throws -> String {
        let marker = "name=\"csrf\" value=\""
        let start = try #require(page.firstRange(of: marker)?.upperBound)
        return String(page[start...].prefix { $0 != "\"" })
    }

    @Test func nobodySeesAPage() async throws {
        try await APIHarness.run { harness in
            for path in Self.pages {
                let answer = try harness.ask("GET", path, as: nil)
                #expect(answer.status == 303, "\(path)")
                #expect(answer.headers["location"] == "/sign-in")
                #expect(try harness.ask("GET", path, as: nil, [("Cookie", "ingestor_session=guess")]).status == 303)
            }
            #expect(try harness.ask("GET", "/live", as: nil).status == 401)
            let wrong = try harness.ask(
                "POST", "/sign-in", as: nil, [("Content-Type", "application/x-www-form-urlencoded")],
                body: "token=wrong")
            #expect(wrong.status == 401)
            #expect(wrong.headers["set-cookie"] == nil)
            let foreign = try harness.ask(
                "POST", "/sign-in", as: nil,
                [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "cross-site")],
                body: "token=\(harness.acme.token)")
            #expect(foreign.status == 403)
        }
    }

    /// Names that somebody chose to break a page stay text, and no page shows what is another tenant's.
    @Test func pagesAreSafe() async throws {
        try await APIHarness.run { harness in
            let cookie = try Self.signIn(harness, harness.acme.token)
            let own = "/repositories/\(harness.acme.repository.rawValue)"
            for path in Self.pages + [
                own, "\(own)?at=2", "/explain?subject=%3Cscript%3E", "/events?kind=SyncCompleted",
            ] {
                let page = try harness.ask("GET", path, as: nil, [("Cookie", cookie)])
                #expect(page.status == 200, "\(path): \(page.body.suffix(200))")
                #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
                #expect(page.headers["cache-control"] == "no-store")
                #expect(!page.body.contains("<img src=x"), "\(path)")
                #expect(!page.body.contains("<script>"), "\(path)")
                #expect(!page.body.contains("globex"), "\(path)")
                #expect(!page.body.contains(harness.acme.token), "\(path)")
            }
            let files = try harness.ask("GET", own, as: nil, [("Cookie", cookie)])
            #expect(files.body.contains("&lt;img src=x onerror=alert(1)&gt; &amp; &quot;quotes&quot;.txt"))
            let other = "/repositories/\(harness.globex.repository.rawValue)"
            #expect(try harness.ask("GET", other, as: nil, [("Cookie", cookie)]).status == 404)
            let administrator = try Self.signIn(harness, APIHarness.admin)
            #expect(try harness.ask("GET", other, as: nil, [("Cookie", administrator)]).status == 200)
        }
    }

    /// Names that a tenant's source may have, on every page that shows one: nothing of them becomes a tag, an attribute, a line or
    /// another order of the letters.
    @Test func hostileNamesStayText() async throws {
        try await APIHarness.run { harness in
            let names = [
                "<script>alert(1)</script>", "\" onload=\"alert(1)", "' autofocus onfocus='alert(1)",
                "a\u{202e}txt.exe",
                "a\nb<br>", "&lt;b&gt;", "]]>", "--><svg>", "javascript:alert(1)", "{{7*7}}",
                "\u{0}".replacing("\u{0}", with: "\u{7f}"),
            ]
            for name in names {
                try APIHarness.write(name, to: "\(harness.acme.folder)/\(name.replacing("/", with: "\u{2215}"))")
            }
            _ = try await harness.engine.sync(harness.acme.repository)
            let cookie = try Self.signIn(harness, harness.acme.token)
            let own = "/repositories/\(harness.acme.repository.rawValue)"
            for path in Self.pages + [
                own, "/explain?subject=%3Cscript%3Ealert(1)%22%20onload=%22x", "\(own)?at=%3Cscript%3E",
            ] {
                let page = try harness.ask("GET", path, as: nil, [("Cookie", cookie)])
                for tag in [
                    "<script>", "<svg>", "<br>", "<img src=x", "\" onload=", "' autofocus onfocus='", "\u{202e}",
                    "href=\"javascript:",
                ] { #expect(!page.body.contains(tag), "\(path) has \(tag)") }
                let policy = page.headers["content-security-policy"] ?? ""
                #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "\(path)")
                #expect(!policy.contains("unsafe") && !policy.contains("*"), "\(path): \(policy)")
                #expect(page.headers["x-content-type-options"] == "nosniff", "\(path)")
            }
            let files = try harness.ask("GET", own, as: nil, [("Cookie", cookie)])
            #expect(files.body.contains("&lt;script&gt;alert(1)&lt;\u{2215}script&gt;"), "they are shown, as text")
        }
    }

    @Test func formsNeedTheirSession() async throws {
        try await APIHarness.run { harness in
            let cookie = try Self.signIn(harness, harness.acme.token)
            let path = "/repositories/\(harness.acme.repository.rawValue)"
            let csrf = try Self.csrf(in: try harness.ask("GET", path, as: nil, [("Cookie", cookie)]).body)
            let other = try Self.csrf(
                in: try harness.ask("GET", "/", as: nil, [("Cookie", try Self.signIn(harness, harness.globex.token))])
                    .body)
            let type = ("Content-Type", "application/x-www-form-urlencoded")
            for body in ["", "csrf=", "csrf=guess", "csrf=\(other)"] {
                let answer = try harness.ask("POST", path + "/sync", as: nil, [("Cookie", cookie), type], body: body)
                #expect(answer.status == 403, "\(body)")
            }
            #expect(try harness.ask("POST", path + "/sync", as: nil, [type], body: "csrf=\(csrf)").status == 401)
            let json = try harness.ask("POST", path + "/sync", as: nil, [("Cookie", cookie)], body: "{}")
            #expect(json.status == 415)
            let done = try harness.ask(
                "POST", path + "/sync", as: nil, [("Cookie", cookie), type], body: "csrf=\(csrf)")
            #expect(done.status == 303)
            #expect(try harness.ask("GET", "/v1/events?kind=SyncRequested", as: APIHarness.admin).lines.count == 3)
            #expect(
                try harness.ask("POST", "/sign-out", as: nil, [("Cookie", cookie), type], body: "csrf=\(csrf)").status
                    == 303)
            #expect(try harness.ask("GET", "/", as: nil, [("Cookie", cookie)]).status == 303)
        }
    }

    /// A session ends with the access that it was begun with, and when nobody has used it for long.
    @Test func sessionsEnd() async throws {
        try await APIHarness.run { harness in
            let acme = try Self.signIn(harness, harness.acme.token)
            #expect(try harness.ask("GET", "/", as: nil, [("Cookie", acme)]).status == 200)
            try await harness.engine.revokeToken(harness.acme.tokenID)
            #expect(try harness.ask("GET", "/", as: nil, [("Cookie", acme)]).status == 303)
            let globex = try Self.signIn(harness, harness.globex.token)
            harness.clock.advance(seconds: 11 * 3600)
            #expect(try harness.ask("GET", "/", as: nil, [("Cookie", globex)]).status == 200)
            harness.clock.advance(seconds: 13 * 3600)
            #expect(try harness.ask("GET", "/", as: nil, [("Cookie", globex)]).status == 303)
        }
    }
}
