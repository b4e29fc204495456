/// How a handle behaves, whatever it is asked for.
public struct CurlSettings: Sendable {
    /// From the first packet to a connection ready for requests, TLS included.
    public var connectTimeoutSeconds = 30
    /// A transfer slower than `minBytesPerSecond` for this long has failed. Servers that prepare an answer may be silent
    /// for a while.
    public var stallTimeoutSeconds = 60
    /// See `stallTimeoutSeconds`.
    public var minBytesPerSecond = 1
    /// The whole request.
    public var totalTimeoutSeconds = 6 * 3600
    /// Redirects that one request may follow.
    public var maxRedirects = 5
    /// Headers of all answers to one request.
    public var maxHeaderBytes = 256 << 10
    /// URL of a proxy, with credentials where it wants some. Nil: none; the environment is not asked.
    public var proxy: String?
    /// PEM file of trusted certificates. Nil: the system's.
    public var certificateFile: String?
    /// Where requests may go. Behind a proxy it is the proxy that opens connections: then only hosts that are addresses by
    /// themselves are held against it, and redirects are the proxy's to refuse.
    public var addresses = AddressRule.any
    /// Sent with each request.
    public var userAgent = "ingestor"
    /// Further headers; asked for with each request, in the task that sends it.
    public var furtherHeaders: @Sendable () -> [(name: String, value: String)] = { [] }

    public init() {}
}

/// One request.
public struct CurlRequest: Sendable {
    public enum Method: Sendable {
        case get
        case post([UInt8])
    }

    public var url: HTTPURL
    public var method: Method
    /// Names and values, sent as they are.
    public var headers: [(name: String, value: String)] = []
    /// Sent with the first request and to the same host, port and scheme only.
    public var credentials: BasicCredentials?
    /// Body of the answer, after any content coding is undone.
    public var maxBodyBytes = Int.max
    public var followsRedirects = false

    /// A request with the credentials that the URL brings.
    public init(_ method: Method = .get, _ url: HTTPURL) {
        self.method = method
        self.url = url
        credentials = url.credentials
    }
}

/// Status and headers of an answer.
public struct CurlHead: Sendable {
    public internal(set) var status = 0
    /// In the order of arrival, names as sent.
    public internal(set) var headers: [(name: String, value: String)] = []

    /// The first value of a header, whatever the case of its name.
    public func value(of name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

/// A whole answer, of which the body went to the sink.
public struct CurlResponse: Sendable {
    /// Of the last answer, where redirects were followed.
    public let head: CurlHead
    /// Where the last answer came from.
    public let effectiveURL: HTTPURL
}

/// What went over the wire, as HTTP counts it: headers and bodies before TLS, and before content coding is undone.
public struct CurlTraffic: Hashable, Sendable {
    /// Requests sent, redirects included.
    public var requestCount = 0
    public var sentBytes = 0
    public var receivedBytes = 0
    /// Connections that had to be opened.
    public var connectionCount = 0

    public init() {}
}
