import Hummingbird

/// The style of the pages, and what makes them better where scripts run.
enum Assets {
    static let routes = [
        Route(.get, "/assets/style.css", .open) { _ in response(style, "text/css; charset=utf-8") },
        Route(.get, "/assets/app.js", .open) { _ in response(script, "text/javascript; charset=utf-8") },
        Route(.get, "/assets/icon.svg", .open) { _ in response(icon, "image/svg+xml") },
    ]

    private static func response(_ text: String, _ type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-cache"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    /// Layers, the lowest the widest: the log that everything stands on.
    private static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="6" fill="#3651c7"/>\
        <path d="M8.5 6.5h7M6.5 11h11M4.5 15.5h15" stroke="#fff" stroke-width="2.4" stroke-linecap="round" opacity=".95"/></svg>
        """
}
