import Hummingbird

/// One request, as `git http-backend` wants to be told of it.
struct BackendCall: Sendable {
    let method: String
    /// Path and query as they came.
    let target: String
    var path: String
    let query: String
    let body: [UInt8]
    let contentType: String?
    let contentEncoding: String?
    let gitProtocol: String?
    private let headers: HTTPFields

    init(_ request: Request, body: [UInt8]) {
        method = request.method.rawValue
        target = request.uri.string
        path = Self.percentDecoded(request.uri.path)
        query = request.uri.query ?? ""
        self.body = body
        headers = request.headers
        contentType = request.headers[.contentType]
        contentEncoding = request.headers[.contentEncoding]
        gitProtocol = HTTPFields.Element.Name("Git-Protocol").flatMap { request.headers[$0] }
    }

    /// A header's value, whatever the case of its name.
    func header(_ name: String) -> String? { HTTPFields.Element.Name(name).flatMap { headers[$0] } }

    var kind: RequestKind {
        if path.hasPrefix(GitHubServer.apiPath + "/") { return .rest }
        if path.hasPrefix(World.largeFilePath) || path.contains("/info/lfs/") { return .largeFile }
        if path.hasSuffix("/info/refs") { return .capabilities }
        guard path.hasSuffix("/git-upload-pack") else { return .other }
        // A compressed body hides its command; clients compress only long ones, and those ask for packs.
        return PacketLine.first(of: body)?.hasPrefix("command=ls-refs") == true ? .lsRefs : .fetch
    }

    var record: RequestRecord {
        RequestRecord(
            kind: kind, method: method, path: path, gitProtocol: gitProtocol, receivedBytes: body.count, sentBytes: 0)
    }

    /// Starts git; its standard input waits for the body.
    func start(_ configuration: GitServer.Configuration, protocolV0: Bool) throws -> ChildProcess {
        var settings = [
            (key: "uploadpack.allowFilter", value: String(configuration.allowFilter)),
            (key: "uploadpack.allowAnySHA1InWant", value: String(configuration.allowAnySHA1InWant)),
        ]
        settings += configuration.gitConfiguration.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
        var environment = GitCommand.environment(settings)
        environment += [
            "GATEWAY_INTERFACE=CGI/1.1", "SERVER_PROTOCOL=HTTP/1.1", "REMOTE_ADDR=\(configuration.host)",
            "GIT_PROJECT_ROOT=\(configuration.root)", "GIT_HTTP_EXPORT_ALL=1",
            "REQUEST_METHOD=\(method)", "PATH_INFO=\(path)", "QUERY_STRING=\(query)", "CONTENT_LENGTH=\(body.count)",
        ]
        if let contentType { environment.append("CONTENT_TYPE=\(contentType)") }
        if let contentEncoding { environment.append("HTTP_CONTENT_ENCODING=\(contentEncoding)") }
        if let gitProtocol, !protocolV0 { environment.append("GIT_PROTOCOL=\(gitProtocol)") }
        let child = try ChildProcess(
            arguments: [Array("http-backend".utf8)], environment: environment, input: .socket)
        child.output.setNonBlocking()
        child.input?.setNonBlocking()
        return child
    }

    static func percentDecoded(_ text: String) -> String {
        var (bytes, rest) = ([UInt8](), text.utf8[...])
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
