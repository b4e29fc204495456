import CCurl

/// An `http` or `https` URL, with the credentials taken out: what is printed never holds a secret.
public struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
    /// The URL without credentials and fragment, as libcurl normalises it.
    public let text: String
    public let scheme: String
    public let host: String
    /// The port, the scheme's own where none is given.
    public let port: Int
    /// What stood before the `@`, percent-decoded.
    public let credentials: BasicCredentials?

    public var description: String { text }

    /// - Throws: `badURL` where libcurl cannot read it, or where the scheme is neither `http` nor `https`.
    public init(_ source: String) throws(CurlError) {
        guard let handle = curl_url() else { throw CurlError(.outOfMemory, "libcurl could not allocate a URL") }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, source, 0) == CURLUE_OK,
            let scheme = Self.part(handle, CURLUPART_SCHEME), let host = Self.part(handle, CURLUPART_HOST)
        else {
            throw CurlError(.badURL, "the URL cannot be read; it should look like https://host/path")
        }
        guard scheme == "http" || scheme == "https" else {
            throw CurlError(.badURL, "the URL's scheme '\(scheme)' is not supported: use http or https")
        }
        let user = Self.part(handle, CURLUPART_USER, flags: UInt32(CURLU_URLDECODE))
        let password = Self.part(handle, CURLUPART_PASSWORD, flags: UInt32(CURLU_URLDECODE))
        credentials =
            user == nil && password == nil ? nil : BasicCredentials(user: user ?? "", password: password ?? "")
        for secret in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT] { curl_url_set(handle, secret, nil, 0) }
        guard let text = Self.part(handle, CURLUPART_URL),
            let port = Self.part(handle, CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT)).flatMap({ Int($0) })
        else { throw CurlError(.badURL, "the URL has no host") }
        self.text = text
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    /// Whether credentials for one may be sent to the other: same scheme, host and port.
    public func hasSameOrigin(as other: HTTPURL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    private static func part(_ handle: OpaquePointer, _ part: CURLUPart, flags: UInt32 = 0) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &value, flags) == CURLUE_OK, let value else { return nil }
        defer { curl_free(value) }
        return String(cString: value)
    }
}

/// A user and a password (or token). Prints as its user alone.
public struct BasicCredentials: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    public let user: String
    public let password: String

    public init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    public var description: String { "\(user):(hidden)" }
    public var customMirror: Mirror { Mirror(self, children: ["user": user]) }
}
