import CCurl

/// One libcurl handle: a blocking HTTP client that keeps its connections open from request to request.
///
/// Speaks `http` and `https` only, verifies certificates, keeps no cookies, reads no configuration files and no
/// environment. Move-only: one request at a time.
public struct CurlHandle: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    private let settings: CurlSettings
    /// libcurl writes its words about a failure here.
    private let errorBuffer: UnsafeMutablePointer<CChar>

    /// Of all requests so far, failed ones too.
    public private(set) var traffic = CurlTraffic()

    /// `curl_global_init` is to be called once in a process.
    private static let libraryResult = curl_global_init(ccurl_global_default)

    /// - Throws: `outOfMemory`.
    public init(_ settings: CurlSettings = CurlSettings()) throws(CurlError) {
        guard Self.libraryResult == CURLE_OK, let handle = curl_easy_init() else {
            throw CurlError(.outOfMemory, "libcurl could not be started")
        }
        self.handle = handle
        self.settings = settings
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(handle)
        errorBuffer.deallocate()
    }

    /// Performs a request; blocks until the answer is complete.
    ///
    /// - Parameters:
    ///   - isCancelled: asked about once a second and more often while bytes arrive; true ends the request.
    ///   - body: is given the answer's body piece by piece, of every status; valid during the call. What it throws ends
    ///     the request and comes out unchanged.
    /// - Returns: the answer, of whatever status.
    /// - Throws: `CurlError`, or what `body` throws.
    public mutating func perform(
        _ request: CurlRequest, isCancelled: () -> Bool = { false },
        body: (CurlHead, UnsafeRawBufferPointer) throws -> Void
    ) throws -> CurlResponse {
        try withoutActuallyEscaping(isCancelled) { isCancelled in
            try withoutActuallyEscaping(body) { body in
                let transfer = Transfer(
                    maxBodyBytes: request.maxBodyBytes, maxHeaderBytes: settings.maxHeaderBytes,
                    isCancelled: isCancelled, body: body)
                return try perform(request, transfer)
            }
        }
    }

    private mutating func perform(_ request: CurlRequest, _ transfer: Transfer) throws -> CurlResponse {
        guard settings.addresses.allows(request.url) else { throw CurlError.refusedAddress(request.url.host) }
        let headers = try HeaderList(request.headers + settings.furtherHeaders())
        curl_easy_reset(handle)
        configure(request)
        string(CURLOPT_URL, request.url.text)
        check(ccurl_set_pointer(handle, CURLOPT_HTTPHEADER, headers.list))
        transfer.attach(to: handle)
        let gate = AddressGate(settings.addresses, handle)
        // The proxy's own address is the settings', and it is none of the hosts'.
        if settings.proxy == nil { gate.attach() }
        errorBuffer.pointee = 0
        check(ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorBuffer))
        let result: CURLcode
        if case .post(let bytes) = request.method {
            number(CURLOPT_POST, 1)
            check(ccurl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
            result = bytes.withUnsafeBytes { bytes in
                check(ccurl_set_pointer(handle, CURLOPT_POSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(errorBuffer)))
                return curl_easy_perform(handle)
            }
        } else {
            result = curl_easy_perform(handle)
        }
        // The handle must not keep pointers to what ends with this call.
        defer { curl_easy_reset(handle) }
        count()
        if let failure = transfer.failure { throw failure }
        guard result == CURLE_OK else {
            if let host = gate.refusedHost { throw CurlError.refusedAddress(host) }
            throw error(of: result, request)
        }
        return try response(transfer.head)
    }

    private func error(of result: CURLcode, _ request: CurlRequest) -> CurlError {
        var detail = String(cString: errorBuffer)
        let secrets = [request.credentials?.password, settings.proxy].compactMap(\.self)
        if secrets.contains(where: { !$0.isEmpty && detail.contains($0) }) { detail = "" }
        return CurlError(result, detail: detail, host: request.url.host)
    }

    private func configure(_ request: CurlRequest) {
        number(CURLOPT_NOSIGNAL, 1)
        string(CURLOPT_PROTOCOLS_STR, "http,https")
        // Never from https down to http.
        string(CURLOPT_REDIR_PROTOCOLS_STR, request.url.scheme == "https" ? "https" : "http,https")
        number(CURLOPT_FOLLOWLOCATION, request.followsRedirects ? 1 : 0)
        number(CURLOPT_MAXREDIRS, settings.maxRedirects)
        number(CURLOPT_SSL_VERIFYPEER, 1)
        number(CURLOPT_SSL_VERIFYHOST, 2)
        number(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        number(CURLOPT_CONNECTTIMEOUT, settings.connectTimeoutSeconds)
        number(CURLOPT_LOW_SPEED_LIMIT, settings.minBytesPerSecond)
        number(CURLOPT_LOW_SPEED_TIME, settings.stallTimeoutSeconds)
        number(CURLOPT_TIMEOUT, settings.totalTimeoutSeconds)
        // A handle whose last transfer did not find its host keeps the buffer from then, and refuses another one.
        _ = ccurl_set_long(handle, CURLOPT_BUFFERSIZE, 256 << 10)
        string(CURLOPT_USERAGENT, settings.userAgent)
        // Every coding that this libcurl can undo.
        string(CURLOPT_ACCEPT_ENCODING, "")
        string(CURLOPT_PROXY, settings.proxy ?? "")
        if let file = settings.certificateFile { string(CURLOPT_CAINFO, file) }
        if let credentials = request.credentials {
            number(CURLOPT_HTTPAUTH, ccurl_auth_basic)
            string(CURLOPT_USERNAME, credentials.user)
            string(CURLOPT_PASSWORD, credentials.password)
        }
    }

    private mutating func count() {
        let sent = long(CURLINFO_REQUEST_SIZE)
        traffic.connectionCount += long(CURLINFO_NUM_CONNECTS)
        guard sent > 0 else { return }
        traffic.requestCount += 1 + long(CURLINFO_REDIRECT_COUNT)
        traffic.sentBytes += sent + size(CURLINFO_SIZE_UPLOAD_T)
        traffic.receivedBytes += long(CURLINFO_HEADER_SIZE) + size(CURLINFO_SIZE_DOWNLOAD_T)
    }

    private func response(_ head: CurlHead) throws(CurlError) -> CurlResponse {
        var url: UnsafeMutablePointer<CChar>?
        check(ccurl_get_string(handle, CURLINFO_EFFECTIVE_URL, &url))
        // libcurl puts the credentials into the URL that it redirects to.
        return CurlResponse(head: head, effectiveURL: try HTTPURL(url.map { String(cString: $0) } ?? ""))
    }

    private func number(_ option: CURLoption, _ value: Int) { check(ccurl_set_long(handle, option, value)) }
    private func string(_ option: CURLoption, _ value: String) { check(ccurl_set_string(handle, option, value)) }

    private func long(_ info: CURLINFO) -> Int {
        var value = 0
        check(ccurl_get_long(handle, info, &value))
        return value
    }

    private func size(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        check(ccurl_get_size(handle, info, &value))
        return Int(value)
    }

    /// Options fail only where libcurl was built without them or memory is gone: never because of a server.
    private func check(_ result: CURLcode) {
        precondition(result == CURLE_OK, "libcurl refuses an option: \(String(cString: curl_easy_strerror(result)))")
    }
}

/// libcurl's linked list of request headers.
private struct HeaderList: ~Copyable {
    private(set) var list: UnsafeMutablePointer<curl_slist>?

    init(_ headers: [(name: String, value: String)]) throws(CurlError) {
        // Waiting for "100 Continue" costs a second with servers that do not know it.
        list = curl_slist_append(nil, "Expect:")
        for (name, value) in headers {
            guard (name + value).utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
                curl_slist_free_all(list)
                list = nil
                throw CurlError(.badURL, "the request header \(name) holds a control character")
            }
            list = curl_slist_append(list, "\(name): \(value)")
        }
    }

    deinit { curl_slist_free_all(list) }
}
