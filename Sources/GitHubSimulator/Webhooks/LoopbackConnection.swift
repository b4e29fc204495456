import Glibc
import Synchronization

/// A connection to a server on this machine, for one request after the other.
struct LoopbackConnection: Sendable {
    struct Answer: Sendable {
        var status = 0
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []
        var isReusable = false
    }

    let address: LoopbackAddress
    private let socket: Descriptor

    init(to address: LoopbackAddress) async throws {
        self.address = address
        let number = Glibc.socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard number >= 0 else { throw SimulatorError.system("socket") }
        socket = Descriptor(number)
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = address.port.bigEndian
        guard inet_pton(AF_INET, address.host == "localhost" ? "127.0.0.1" : address.host, &target.sin_addr) == 1 else {
            throw SimulatorError(code: .malformed, message: "\(address.host) is no IPv4 address")
        }
        // Loopback answers at once, or not at all.
        let result = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 || errno == EINPROGRESS else { throw SimulatorError.system("connect") }
        var one: Int32 = 1
        setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Ends what is under way: reading and writing fail from now on.
    func abort() { shutdown(socket.number, Int32(SHUT_RDWR)) }

    func send(_ method: String, _ path: String, headers: [(name: String, value: String)], body: [UInt8])
        async throws -> Answer
    {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(address.host):\(address.port)\r\n"
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        head += "Content-Length: \(body.count)\r\n\r\n"
        do {
            try await socket.send(Array(head.utf8) + body)
        } catch let error as SimulatorError where error.code == .system {
            // A server may answer and close before it has read everything: its answer counts.
        }
        return try await read()
    }

    /// Reads a response (RFC 9112) with a length, in chunks, or up to the end.
    private func read() async throws -> Answer {
        var bytes: [UInt8] = []
        func more() async throws -> Bool {
            let piece = try await socket.read(upTo: GitCommand.chunkBytes)
            bytes += piece
            return !piece.isEmpty
        }
        while true {
            var parsed = CGIHead.parse(bytes)
            while parsed == nil {
                guard try await more() else {
                    throw SimulatorError(code: .server, message: "the server closed the connection")
                }
                parsed = CGIHead.parse(bytes)
            }
            guard let (head, rest) = parsed else { continue }
            // The status line has no colon, or one in its reason: it is the first line either way.
            let line = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self).split(separator: " ")
            guard line.count >= 2, let status = Int(line[1].prefix(3)) else {
                throw SimulatorError(code: .malformed, message: "the server's answer is no HTTP")
            }
            bytes = rest
            if (100..<200).contains(status) { continue }
            var answer = Answer(status: status, headers: head.headers)
            func value(_ name: String) -> String? {
                head.headers.first { $0.name.lowercased() == name }?.value.lowercased()
            }
            if value("transfer-encoding") == "chunked" {
                while !bytes.ends(withText: "0\r\n\r\n") { guard try await more() else { break } }
                answer.body = bytes
            } else if let length = value("content-length").flatMap({ Int($0) }) {
                while bytes.count < length { guard try await more() else { break } }
                answer.body = Array(bytes.prefix(length))
                answer.isReusable = bytes.count == length && value("connection") != "close"
            } else if status != 204 {
                while try await more() {}
                answer.body = bytes
            }
            return answer
        }
    }
}

extension [UInt8] {
    fileprivate func ends(withText text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}

/// Where a hook leads: `http://host:port/path`.
struct LoopbackAddress: Sendable, Hashable {
    var host: String
    var port: UInt16
    var path: String

    init(_ url: String) throws {
        let words = "a webhook goes to http://ADDRESS:PORT/PATH on this machine, not to \(url)"
        guard url.hasPrefix("http://") else { throw SimulatorError(code: .malformed, message: words) }
        let rest = url.dropFirst(7)
        let authority = rest.prefix { $0 != "/" }
        let parts = authority.split(separator: ":")
        guard let first = parts.first, parts.count <= 2, let port = parts.count == 2 ? UInt16(parts[1]) : 80 else {
            throw SimulatorError(code: .malformed, message: words)
        }
        (host, self.port) = (String(first), port)
        path = rest.count > authority.count ? String(rest.dropFirst(authority.count)) : "/"
    }
}

/// Connections that wait for their next request.
final class ConnectionPool: Sendable {
    private let idle = Mutex<[LoopbackConnection]>([])

    func take(_ address: LoopbackAddress) -> LoopbackConnection? {
        idle.withLock { idle in
            idle.lastIndex { $0.address.host == address.host && $0.address.port == address.port }.map {
                idle.remove(at: $0)
            }
        }
    }

    func give(_ connection: LoopbackConnection) { idle.withLock { $0.append(connection) } }

    func close() { idle.withLock { $0 = [] } }
}
