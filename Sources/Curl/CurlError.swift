import CCurl

/// Why a request brought no answer.
public struct CurlError: Error, Sendable, CustomStringConvertible {
    /// What went wrong; open for more cases.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String
        /// Whether the same request may succeed a while later.
        public let isTransient: Bool

        private init(_ description: String, isTransient: Bool) {
            self.description = description
            self.isTransient = isTransient
        }

        /// The host's or the proxy's name has no address.
        public static let couldNotResolve = Code("couldNotResolve", isTransient: true)
        /// Nobody answers at the address, or the proxy refuses.
        public static let couldNotConnect = Code("couldNotConnect", isTransient: true)
        /// A named time limit of `CurlSettings` ran out.
        public static let timedOut = Code("timedOut", isTransient: true)
        /// The TLS handshake failed before any certificate was judged.
        public static let handshakeFailed = Code("handshakeFailed", isTransient: true)
        /// The server's certificate is not trusted, or the file of trusted ones cannot be read.
        public static let untrustedCertificate = Code("untrustedCertificate", isTransient: false)
        /// The connection ended before the answer did.
        public static let cutOff = Code("cutOff", isTransient: true)
        /// The answer is no HTTP, or encoded in a way that cannot be read.
        public static let malformedAnswer = Code("malformedAnswer", isTransient: false)
        /// The answer has more bytes than the request allows.
        public static let tooLarge = Code("tooLarge", isTransient: false)
        /// More redirects than `CurlSettings.maxRedirects`, or one to a scheme that is not allowed.
        public static let badRedirect = Code("badRedirect", isTransient: false)
        /// The URL or a header cannot be sent.
        public static let badURL = Code("badURL", isTransient: false)
        /// The host is outside of the public network, and `CurlSettings.addresses` allows no such.
        public static let refusedAddress = Code("refusedAddress", isTransient: false)
        /// `isCancelled` said so.
        public static let cancelled = Code("cancelled", isTransient: false)
        /// libcurl could not allocate memory.
        public static let outOfMemory = Code("outOfMemory", isTransient: true)
        /// Anything else; `curlCode` tells.
        public static let other = Code("other", isTransient: false)
    }

    /// What went wrong.
    public let code: Code
    /// What went wrong, in words; no secrets.
    public let message: String
    /// libcurl's own number, 0 where the failure is not its.
    public let curlCode: UInt32

    public var description: String { message }

    init(_ code: Code, _ message: String, curlCode: UInt32 = 0) {
        self.code = code
        self.message = message
        self.curlCode = curlCode
    }

    /// Says nothing of the address: what names mean inside of a network is not for whoever may not go there.
    static func refusedAddress(_ host: String) -> CurlError {
        CurlError(
            .refusedAddress,
            "\(host) is not in the public network, and nothing is read from there for this tenant unless "
                + "INGESTOR_ALLOW_PRIVATE_ADDRESSES is true")
    }

    /// The failure of a transfer; `detail` is libcurl's error buffer.
    init(_ result: CURLcode, detail: String, host: String) {
        let words = detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail
        let code = Self.code(of: result)
        let advice =
            switch code {
            case .couldNotResolve: ": check the name and this machine's DNS"
            case .couldNotConnect: ": check that the server runs and that no firewall or proxy is in between"
            case .untrustedCertificate:
                ": where the server has an authority of its own, name the file of its certificates (INGESTOR_CA_FILE)"
            case .timedOut, .cutOff: ": trying again may help"
            default: ""
            }
        self.init(code, "\(host): \(words)\(advice)", curlCode: result.rawValue)
    }

    private static func code(of result: CURLcode) -> Code {
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .couldNotResolve
        case CURLE_COULDNT_CONNECT, CURLE_PROXY: .couldNotConnect
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        case CURLE_SSL_CONNECT_ERROR: .handshakeFailed
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            .untrustedCertificate
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            .cutOff
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: .malformedAnswer
        case CURLE_FILESIZE_EXCEEDED: .tooLarge
        case CURLE_TOO_MANY_REDIRECTS: .badRedirect
        // URLs are checked before, so an unknown scheme comes from a redirect.
        case CURLE_UNSUPPORTED_PROTOCOL: .badRedirect
        case CURLE_URL_MALFORMAT: .badURL
        case CURLE_ABORTED_BY_CALLBACK: .cancelled
        case CURLE_OUT_OF_MEMORY: .outOfMemory
        default: .other
        }
    }
}
