import Foundation
import Synchronization

/// Answers requests on loopback with what GitHub answered when it was recorded, each recording once, in their order.
final class ReplayServer: Sendable {
    let port: Int
    private let listener: Int32
    private let state: Mutex<State>

    private struct State {
        var recordings: [Recording]
        var requests: [Request] = []
        var isStopped = false
    }

    struct Request: Sendable {
        var method: String
        var path: String
        var headers: [String: String]
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { state.withLock { $0.requests } }
    /// What was recorded and not asked for.
    var unused: Int { state.withLock { $0.recordings.count } }

    init(_ recordings: [Recording]) throws {
        state = Mutex(State(recordings: recordings))
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
        Thread { [self] in run() }.start()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func run() {
        while true {
            let connection = accept(listener, nil, nil)
            if connection < 0 || state.withLock({ $0.isStopped }) { break }
            Thread { [self] in
                while let request = readRequest(connection) {
                    let bytes = answer(request)
                    if send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) != bytes.count { break }
                }
                close(connection)
            }.start()
        }
        close(listener)
    }

    private func answer(_ request: Request) -> [UInt8] {
        let recording = state.withLock { state -> Recording? in
            state.requests.append(request)
            let index = state.recordings.firstIndex { $0.method == request.method && $0.path == request.path }
            return index.map { state.recordings.remove(at: $0) }
        }
        guard let recording else {
            return Array("HTTP/1.1 418 not recorded\r\nContent-Length: 0\r\n\r\n".utf8)
        }
        // Links lead here, and the framing is this server's own.
        func here(_ text: String) -> String { text.replacingOccurrences(of: "https://api.github.com", with: url) }
        let body = recording.status == 304 ? "" : here(recording.body)
        var head = "HTTP/1.1 \(recording.status) recorded\r\n"
        let framing = ["content-length", "content-encoding", "transfer-encoding", "connection", "status"]
        for (name, value) in recording.headers where !framing.contains(name.lowercased()) {
            head += "\(name): \(here(value))\r\n"
        }
        if recording.status != 304 { head += "Content-Length: \(body.utf8.count)\r\n" }
        return Array("\(head)\r\n\(body)".utf8)
    }

    private func readRequest(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let lines = text[..<end.lowerBound].split(separator: "\r\n").map(String.init)
                let words = lines[0].split(separator: " ").map(String.init)
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
                    if parts.count == 2 {
                        headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
                    }
                }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                if text[end.upperBound...].utf8.count >= length, words.count == 3 {
                    return Request(method: words[0], path: words[1], headers: headers)
                }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }
}
