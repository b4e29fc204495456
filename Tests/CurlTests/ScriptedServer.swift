import Foundation
import Synchronization

/// Answers each request on loopback with the bytes that a script gives, one connection after the other.
final class ScriptedServer: Sendable {
    /// What the server does with a request.
    enum Step: Sendable {
        case send(String)
        case sleep(seconds: Double)
        case close
    }

    private struct Log {
        var requests: [String] = []
        var sentBytes = 0
        var connections = 0
        var isStopped = false
    }

    let port: Int
    private let listener: Int32
    private let log = Mutex(Log())
    private let script: @Sendable (String) -> [Step]

    var url: String { "http://127.0.0.1:\(port)" }
    /// Requests with their bodies.
    var requests: [String] { log.withLock { $0.requests } }
    var sentBytes: Int { log.withLock { $0.sentBytes } }
    var connections: Int { log.withLock { $0.connections } }

    init(_ script: @escaping @Sendable (String) -> [Step]) throws {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isReady = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isReady else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
        let thread = Thread { [self] in run() }
        thread.start()
    }

    func stop() {
        log.withLock { $0.isStopped = true }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func run() {
        while true {
            let connection = accept(listener, nil, nil)
            if connection < 0 || log.withLock({ $0.isStopped }) { break }
            log.withLock { $0.connections += 1 }
            let thread = Thread { [self] in
                serve(connection)
                close(connection)
            }
            thread.start()
        }
        close(listener)
    }

    private func serve(_ connection: Int32) {
        while let request = readRequest(connection) {
            log.withLock { $0.requests.append(request) }
            for step in script(request) {
                switch step {
                case .send(let text):
                    let bytes = Array(text.utf8)
                    log.withLock { $0.sentBytes += bytes.count }
                    if send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) != bytes.count { return }
                case .sleep(let seconds): Thread.sleep(forTimeInterval: seconds)
                case .close: return
                }
            }
        }
    }

    private func readRequest(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
            // A TLS handshake.
            if bytes[0] == 0x16 { return nil }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let length =
                text.range(of: "Content-Length: ").flatMap { range in
                    Int(text[range.upperBound...].prefix { $0.isNumber })
                } ?? 0
            if text[end.upperBound...].utf8.count >= length { return text }
        }
    }
}
