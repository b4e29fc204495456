public import Curl

/// A conversation with one repository over smart HTTP, protocol version 2. Every call blocks until its answer is complete;
/// one thread at a time. The connection is kept from call to call.
///
/// Order: `capabilities()`, then `listRefs` and `fetch` as often as wanted (they call it themselves where it was left out).
/// All calls throw `RemoteError`; `fetch` also what its spool throws.
public final class SmartHTTPSession {
    private var handle: CurlHandle
    private var base: HTTPURL
    private let origin: HTTPURL
    private let credentials: BasicCredentials?
    private var known: Capabilities?
    private let isCancelled: () -> Bool

    /// - Parameters:
    ///   - url: of the repository, as `git clone` takes it; credentials in it are used where none are given.
    ///   - credentials: sent to the URL's own scheme, host and port only.
    ///   - isCancelled: asked about once a second and more often while bytes arrive; true ends the request with a
    ///     `transport` error.
    public init(
        url: HTTPURL, credentials: BasicCredentials? = nil, settings: CurlSettings = CurlSettings(),
        isCancelled: @escaping () -> Bool = { false }
    ) throws {
        var settings = settings
        // Some hosts let only clients through that call themselves Git.
        if !settings.userAgent.hasPrefix("git/") { settings.userAgent = "git/2 (\(settings.userAgent))" }
        do {
            handle = try CurlHandle(settings)
        } catch {
            throw RemoteError(error)
        }
        guard !url.text.contains("?") else {
            throw RemoteError(.notFound, "a repository's URL cannot hold a query: leave out what follows the '?'")
        }
        origin = url
        base = url
        self.credentials = credentials ?? url.credentials
        self.isCancelled = isCancelled
    }

    /// Requests and bytes so far, both ways, failed requests included.
    public var traffic: CurlTraffic { handle.traffic }

    /// Where the server redirected to; nil where the repository is at its URL.
    public var movedTo: HTTPURL? { base.text == origin.text ? nil : base }

    /// What the server offers. One request, the first time.
    public func capabilities() throws -> Capabilities {
        if let known { return known }
        let suffix = "/info/refs?service=git-upload-pack"
        var request = CurlRequest(.get, try Self.url(base, suffix))
        request.followsRedirects = true
        request.maxBodyBytes = Limits.advertisementBytes
        var parser = AdvertisementParser()
        let response = try perform(request, expecting: "application/x-git-upload-pack-advertisement") { bytes in
            try parser.feed(bytes)
        }
        let capabilities = try parser.finish()
        let effective = response.effectiveURL.text
        if effective != request.url.text {
            guard effective.hasSuffix(suffix) else {
                throw RemoteError(.notGit, "the server redirects to something that is no repository: check the URL")
            }
            base = try Self.url(String(effective.dropLast(suffix.count)))
        }
        known = capabilities
        return capabilities
    }

    /// The server's refs. One request.
    ///
    /// - Parameter prefixes: beginnings of the names that are wanted; empty for all. `HEAD` is sent where one fits it.
    public func listRefs(prefixes: [String]) throws -> RemoteRefs {
        let capabilities = try capabilities()
        var writer = PacketWriter()
        writer.line("command=ls-refs")
        for line in capabilities.requestLines { writer.line(line) }
        writer.delimiter()
        writer.line("peel")
        writer.line("symrefs")
        if capabilities.hasUnborn { writer.line("unborn") }
        let hints = prefixes.filter { $0.utf8.count <= Limits.refNameBytes }
        // Without the ones that are too long the server would leave their refs out.
        if hints.count == prefixes.count, hints.count <= Limits.refPrefixes {
            for prefix in hints { writer.line("ref-prefix \(prefix)") }
        }
        writer.flush()
        var parser = RefsParser()
        try post(writer.bytes, maxBodyBytes: Limits.refsBytes) { try parser.feed($0) }
        // Prefixes are a hint that servers may ignore.
        let refs = try parser.finish().filter { ref in
            prefixes.isEmpty || prefixes.contains { ref.nameBytes.starts(with: $0.utf8) }
        }
        return RemoteRefs(refs: refs)
    }

    /// Fetches a pack. One request.
    ///
    /// - Parameter spool: receives the pack; `finish` it afterwards. Its limits bound what is taken.
    /// - Throws: `RemoteError`, or what the spool throws.
    public func fetch(_ request: FetchRequest, into spool: PackSpool) throws -> FetchResult {
        let body = try request.body(capabilities())
        var parser = FetchParser()
        try post(body, maxBodyBytes: .max) { bytes in
            try parser.feed(bytes) { try spool.append($0) }
        }
        return try parser.finish()
    }

    private func post(_ body: [UInt8], maxBodyBytes: Int, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        var request = CurlRequest(.post(body), try Self.url(base, "/git-upload-pack"))
        request.headers = [("Content-Type", "application/x-git-upload-pack-request")]
        request.maxBodyBytes = maxBodyBytes
        _ = try perform(request, expecting: "application/x-git-upload-pack-result", take)
    }

    private func perform(
        _ request: CurlRequest, expecting type: String, _ take: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> CurlResponse {
        var request = request
        request.credentials = request.url.hasSameOrigin(as: origin) ? credentials : nil
        request.headers += [("Git-Protocol", "version=2"), ("Accept", type)]
        let response: CurlResponse
        do {
            response = try handle.perform(request, isCancelled: isCancelled) { head, bytes in
                guard head.status == 200 else { return }
                try Self.check(head, type)
                try take(bytes)
            }
        } catch let error as CurlError {
            throw RemoteError(error)
        }
        guard response.head.status == 200 else { throw RemoteError.status(response.head, of: request.url) }
        try Self.check(response.head, type)
        return response
    }

    private static func check(_ head: CurlHead, _ type: String) throws(RemoteError) {
        let given = head.value(of: "Content-Type")?.split(separator: ";").first.map(String.init) ?? ""
        guard given != type else { return }
        // A server of plain files gives the list of refs as text, or as a file of unknown type.
        guard given != "text/plain", given != "application/octet-stream" else { throw AdvertisementParser.tooOld }
        throw RemoteError(
            .notGit, "the answer is not that of a Git server (its type is '\(given)'): check the URL")
    }

    private static func url(_ base: HTTPURL, _ suffix: String) throws -> HTTPURL {
        try url(base.text.trimmingSlashes() + suffix)
    }

    private static func url(_ text: String) throws -> HTTPURL {
        do {
            return try HTTPURL(text)
        } catch {
            throw RemoteError(error)
        }
    }
}

/// What a server may send apart from packs, whose limits are the spool's.
private enum Limits {
    /// A version 2 advertisement takes some hundred bytes; old versions list every ref, and are given up at the first.
    static let advertisementBytes = 1 << 20
    /// A million refs.
    static let refsBytes = 128 << 20
    /// Git itself gives up on prefixes beyond 65,536.
    static let refPrefixes = 1000
    /// File systems end at 255 bytes a component.
    static let refNameBytes = 4096
}

extension String {
    fileprivate func trimmingSlashes() -> Substring {
        var text = self[...]
        while text.last == "/" { text.removeLast() }
        return text
    }
}
