import Events
import Hummingbird

/// What all pages have around them.
struct Layout {
    /// What the browser is told: nothing but what this server itself sends, and nobody may frame it.
    static let policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    static let sections = [
        ("/", "Overview"), ("/repositories", "Repositories"), ("/events", "Events"), ("/explain", "Explain"),
        ("/dead-letters", "Dead letters"), ("/limits", "Limits"), ("/storage", "Storage"), ("/log", "Log"),
    ]

    let title: String
    let path: String
    /// Whoever has signed in; nil on the page where one does.
    let caller: String?
    let csrf: String?

    func response(_ content: HTML, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                .contentSecurityPolicy: Self.policy, .referrerPolicy: "same-origin",
            ], body: .init(byteBuffer: ByteBuffer(string: page(content).text)))
    }

    private func page(_ content: HTML) -> HTML {
        """
        <!doctype html><html lang="en"><head><meta charset="utf-8">\
        <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">\
        <title>\(title) · ingestor</title><link rel="stylesheet" href="/assets/style.css">\
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml"><script src="/assets/app.js" defer></script></head>\
        <body><a class="skip" href="#main">To the content</a>\(head)<main id="main" tabindex="-1">\(content)</main></body></html>
        """
    }

    private var head: HTML {
        guard let caller else { return "" }
        let links: [HTML] = Self.sections.map { target, name in
            let isHere = target == path || target != "/" && path.hasPrefix(target)
            let here: HTML = isHere ? " aria-current=\"page\"" : ""
            return "<a href=\"\(target)\"\(here)>\(name)</a>"
        }
        let out: HTML =
            csrf.map {
                """
                <form method="post" action="/sign-out"><input type="hidden" name="csrf" value="\($0)">\
                <button class="quiet">Sign out</button></form>
                """
            } ?? ""
        return """
            <header><div class="bar"><a class="name" href="/"><img src="/assets/icon.svg" alt="">ingestor</a>\
            <nav aria-label="Sections">\(links)</nav><div class="account"><span>\(caller)</span>\(out)</div></div></header>
            """
    }
}
