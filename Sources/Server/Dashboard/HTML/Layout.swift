import Events
import Hummingbird

/// What all pages have around them.
struct Layout {
    /// What the browser is told: nothing but what this server itself sends, and nobody may frame it.
    static let policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    static let sections = [
        ("/", "Overview"), ("/repositories", "Repositories"), ("/events", "Events"), ("/explain", "Explain"),
        ("/dead-letters", "Dead letters"), ("/limits", "Limits"), ("/storage", "Storage"),
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
        <link rel="icon" href="data:,"><script src="/assets/app.js" defer></script></head>\
        <body><a class="skip" href="#main">To the content</a>\(head)<main id="main" tabindex="-1"><h1>\(title)</h1>\(content)</main></body></html>
        """
    }

    private var head: HTML {
        guard let caller else { return "<header><strong class=\"name\">ingestor</strong></header>" }
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
            <header><strong class="name">ingestor</strong><nav aria-label="Sections">\(links)</nav>\
            <span class="who">\(caller)</span>\(out)</header>
            """
    }
}

extension HTML {
    /// A table; where it has no rows, why.
    static func table(_ heads: [String], _ rows: [HTML], empty: String) -> HTML {
        guard !rows.isEmpty else { return "<p class=\"empty\">\(empty)</p>" }
        let cells: [HTML] = heads.map { "<th scope=\"col\">\($0)</th>" }
        return
            "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>\(cells)</tr></thead><tbody>\(rows)</tbody></table></div>"
    }

    /// A row of a table.
    static func row(_ cells: [HTML]) -> HTML {
        let cells: [HTML] = cells.map { "<td>\($0)</td>" }
        return "<tr>\(cells)</tr>"
    }

    static func badge(_ text: String, _ kind: String) -> HTML { "<span class=\"badge \(kind)\">\(text)</span>" }

    /// Names and values.
    static func facts(_ facts: [(String, HTML)]) -> HTML {
        let parts: [HTML] = facts.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }
        return "<dl class=\"facts\">\(parts)</dl>"
    }
}
