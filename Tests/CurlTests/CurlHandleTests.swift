import Curl
import Foundation
import Testing

/// The tests block their thread for moments; every server runs on threads of its own.
@Suite(.serialized)
struct CurlHandleTests {
    private static func settings() -> CurlSettings {
        var settings = CurlSettings()
        settings.connectTimeoutSeconds = 5
        settings.stallTimeoutSeconds = 1
        settings.totalTimeoutSeconds = 20
        return settings
    }

    /// Performs a GET; the body as text.
    private static func get(
        _ url: String, _ change: (inout CurlRequest) -> Void = { _ in }, settings: CurlSettings = settings()
    ) throws -> (CurlResponse, String) {
        var handle = try CurlHandle(settings)
        var request = CurlRequest(.get, try HTTPURL(url))
        change(&request)
        var body: [UInt8] = []
        let response = try handle.perform(request) { _, bytes in body.append(contentsOf: bytes) }
        return (response, String(decoding: body, as: UTF8.self))
    }

    private static func answer(_ body: String, status: String = "200 OK", headers: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }

    @Test func requestsAndAnswersComeThroughWhole() throws {
        let server = try ScriptedServer { request in
            request.hasPrefix("POST")
                ? [
                    .send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
                    )
                ]
                : [.send(Self.answer("no", status: "404 Not Found"))]
        }
        defer { server.stop() }
        var handle = try CurlHandle(Self.settings())
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 200_000)
        var request = CurlRequest(.post(body), try HTTPURL(server.url + "/a?b=c"))
        request.headers = [("X-B", "2")]
        var received: [UInt8] = []
        let response = try handle.perform(request) { head, bytes in
            #expect(head.status == 200)
            received.append(contentsOf: bytes)
        }
        #expect(received == Array("abcde".utf8))
        #expect(response.head.value(of: "x-a") == "1")
        let other = try handle.perform(CurlRequest(.get, try HTTPURL(server.url))) { _, _ in }
        #expect(other.head.status == 404)
        #expect(server.requests[0].hasPrefix("POST /a?b=c HTTP/1.1\r\n"))
        #expect(server.requests[0].contains("\r\nX-B: 2\r\n"))
        #expect(server.requests[0].hasSuffix(String(decoding: body, as: UTF8.self)))
        // One connection for both, and every byte counted.
        #expect(server.connections == 1)
        #expect(handle.traffic.connectionCount == 1)
        #expect(handle.traffic.requestCount == 2)
        #expect(handle.traffic.sentBytes == server.requests.reduce(0) { $0 + $1.utf8.count })
        #expect(handle.traffic.receivedBytes == server.sentBytes - "3\r\n\r\n2\r\n\r\n0\r\n\r\n".utf8.count)
    }

    @Test func failuresAreTyped() throws {
        let server = try ScriptedServer { request in
            if request.contains("/cut ") {
                return [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), .close]
            }
            if request.contains("/chunk ") {
                return [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), .close]
            }
            if request.contains("/nothing ") { return [.close] }
            if request.contains("/stall ") {
                return [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), .sleep(seconds: 5)]
            }
            if request.contains("/garbage ") { return [.send("SMTP ready\r\n"), .close] }
            if request.contains("/loop ") {
                return [.send(Self.answer("", status: "302 Found", headers: "Location: /loop\r\n"))]
            }
            if request.contains("/file ") {
                return [.send(Self.answer("", status: "302 Found", headers: "Location: file:///etc/passwd\r\n"))]
            }
            return [.send(Self.answer("0123456789"))]
        }
        defer { server.stop() }
        let cases: [(String, CurlError.Code)] = [
            ("/cut", .cutOff), ("/chunk", .cutOff), ("/nothing", .cutOff), ("/stall", .timedOut),
            ("/loop", .badRedirect),
            ("/file", .badRedirect), ("/large", .tooLarge),
        ]
        for (path, code) in cases {
            let error = #expect(throws: CurlError.self) {
                try Self.get(server.url + path) {
                    $0.followsRedirects = true
                    $0.maxBodyBytes = path == "/large" ? 9 : 1000
                }
            }
            #expect(error?.code == code, "\(path): \(error?.message ?? "none")")
        }
        // HTTP/0.9 is not spoken.
        #expect(throws: CurlError.self) { try Self.get(server.url + "/garbage") }
        let handshake = #expect(throws: CurlError.self) { try Self.get("https://127.0.0.1:\(server.port)/") }
        #expect(handshake?.code == .handshakeFailed)
        server.stop()
        Thread.sleep(forTimeInterval: 0.1)
        let refused = #expect(throws: CurlError.self) { try Self.get(server.url) }
        #expect(refused?.code == .couldNotConnect)
        #expect(refused?.code.isTransient == true)
        let unresolved = #expect(throws: CurlError.self) { try Self.get("http://no-such-host.invalid/") }
        #expect(unresolved?.code == .couldNotResolve)
    }

    /// One connection of a pool tries again and again while a name server is away.
    @Test func aHandleThatFoundNoHostIsUsedAgain() throws {
        let server = try ScriptedServer { _ in [.send(Self.answer("here"))] }
        defer { server.stop() }
        var handle = try CurlHandle(Self.settings())
        for _ in 0..<3 {
            let unresolved = #expect(throws: CurlError.self) {
                try handle.perform(CurlRequest(.get, try HTTPURL("http://no-such-host.invalid/"))) { _, _ in }
            }
            #expect(unresolved?.code == .couldNotResolve)
        }
        let response = try handle.perform(CurlRequest(.get, try HTTPURL(server.url))) { _, _ in }
        #expect(response.head.status == 200)
    }

    @Test func theSinkAndTheCallerCanEndARequest() throws {
        struct Enough: Error {}
        let server = try ScriptedServer { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .sleep(seconds: 3)]
        }
        defer { server.stop() }
        var handle = try CurlHandle(Self.settings())
        let request = CurlRequest(.get, try HTTPURL(server.url))
        #expect(throws: Enough.self) { try handle.perform(request) { _, _ in throw Enough() } }
        let error = #expect(throws: CurlError.self) {
            try handle.perform(request, isCancelled: { true }) { _, _ in }
        }
        #expect(error?.code == .cancelled)
    }

    @Test func credentialsStayWithTheirHost() throws {
        let other = try ScriptedServer { _ in [.send(Self.answer("other"))] }
        defer { other.stop() }
        let otherURL = other.url
        let server = try ScriptedServer { request in
            request.contains("/away ")
                ? [.send(Self.answer("x", status: "301 Moved", headers: "Location: \(otherURL)/b\r\n"))]
                : request.contains("/near ")
                    ? [.send(Self.answer("x", status: "301 Moved", headers: "Location: /c\r\n"))]
                    : [.send(Self.answer("here"))]
        }
        defer { server.stop() }
        let header = "Authorization: Basic \(Data("me:s3cret".utf8).base64EncodedString())"
        func get(_ path: String) throws -> (CurlResponse, String) {
            try Self.get("http://me:s3cret@127.0.0.1:\(server.port)\(path)") { $0.followsRedirects = true }
        }
        let (near, body) = try get("/near")
        #expect(body == "here")
        #expect(near.effectiveURL.text == server.url + "/c")
        #expect(server.requests.count == 2)
        #expect(server.requests.allSatisfy { $0.contains(header) })
        #expect(try get("/away").1 == "other")
        #expect(other.requests.count == 1)
        #expect(!other.requests[0].contains("Authorization"))
        other.stop()
        Thread.sleep(forTimeInterval: 0.1)
        let error = #expect(throws: CurlError.self) { try get("/away") }
        #expect(error.map { !"\($0)".contains("s3cret") } == true)
    }

    @Test func urlsGiveUpTheirSecrets() throws {
        let url = try HTTPURL("https://us%40er:p%2Fw@example.org:8443/a%20b/c.git#x")
        #expect(url.text == "https://example.org:8443/a%20b/c.git")
        #expect(url.credentials == BasicCredentials(user: "us@er", password: "p/w"))
        #expect(!"\(url) \(url.credentials as Any)".contains("p/w"))
        #expect(try HTTPURL("http://example.org").port == 80)
        for bad in [
            "ftp://example.org/", "file:///etc/passwd", "example", "", "http://", "http://a b/", "git@host:x.git",
        ] {
            #expect(throws: CurlError.self) { try HTTPURL(bad) }
        }
        #expect(throws: CurlError.self) { try Self.get("http://127.0.0.1:1/") { $0.headers = [("A", "b\r\nC: d")] } }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "no openssl command here"))
    func certificatesAreVerified() throws {
        let directory = NSTemporaryDirectory() + "curl-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: directory) } }
        func openssl(_ arguments: String, output: Any = FileHandle.nullDevice) throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = arguments.split(separator: " ").map(String.init)
            process.currentDirectoryURL = URL(fileURLWithPath: directory)
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            process.standardInput = Pipe()
            try process.run()
            return process
        }
        let make = try openssl(
            "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost "
                + "-addext subjectAltName=DNS:localhost")
        make.waitUntilExit()
        // It takes a port that is free, and says which one.
        let output = Pipe()
        let server = try openssl("s_server -accept 127.0.0.1:0 -key key.pem -cert cert.pem -www", output: output)
        defer {
            // Children of threads that block signals never see a polite one.
            kill(server.processIdentifier, SIGKILL)
            server.waitUntilExit()
        }
        var said = ""
        while !said.contains("ACCEPT 127.0.0.1:") || !said.hasSuffix("\n") {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the server has ended: \(said)")
            said += String(decoding: more, as: UTF8.self)
        }
        let digits = try #require(said.split(separator: "ACCEPT 127.0.0.1:").last).prefix(while: \.isNumber)
        let port = try #require(Int(digits))
        var trusting = Self.settings()
        trusting.certificateFile = directory + "/cert.pem"
        var isUp = false
        for _ in 0..<50 where !isUp {
            do {
                isUp = try Self.get("https://localhost:\(port)/", settings: trusting).0.head.status == 200
            } catch let error as CurlError where error.code == .couldNotConnect {
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
        #expect(isUp)
        let unknown = #expect(throws: CurlError.self) { try Self.get("https://localhost:\(port)/") }
        #expect(unknown?.code == .untrustedCertificate)
        let wrongName = #expect(throws: CurlError.self) {
            try Self.get("https://127.0.0.1:\(port)/", settings: trusting)
        }
        #expect(wrongName?.code == .untrustedCertificate)
    }
}
