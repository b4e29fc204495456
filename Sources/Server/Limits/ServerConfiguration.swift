/// Where the server listens, and its limits.
public struct ServerConfiguration: Sendable, Equatable {
    /// A name or an address.
    public var host: String
    /// 0 takes a free one.
    public var port: Int
    public var limits: ServerLimits
    /// A socket that listens already, instead of that address. It is closed in the end.
    public var inheritedSocket: CInt?

    public init(host: String = "127.0.0.1", port: Int = 8080, limits: ServerLimits = ServerLimits()) {
        self.host = host
        self.port = port
        self.limits = limits
    }

    /// Reads `127.0.0.1:8080`, `localhost:8080` or `[::1]:8080`; nil for anything else.
    public init?(listen: String, limits: ServerLimits = ServerLimits()) {
        guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]) else {
            return nil
        }
        var host = listen[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: Int(port), limits: limits)
    }
}
