import Glibc
import TestSupport

/// A client that does what it is told, also what no well-behaved one would do. Its calls block.
final class RawClient {
    struct Answer {
        var status: Int
        var headers: [String: String]
        var body: String
        var bytes: [UInt8] = []
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let socket: CInt
    private var received: [UInt8] = []

    /// - Parameter timeoutSeconds: of each read and write.
    init(port: Int, timeoutSeconds: Int = 20) throws {
        do {
            socket = try loopbackSocket(port: port, timeoutSeconds: timeoutSeconds)
        } catch {
            throw Failure(description: error.description)
        }
    }

    deinit { close(socket) }

    /// Sends all of it; false where the server does not take it any more.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let sent = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress.map { $0 + done }, bytes.count - done, CInt(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            done += sent
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    func finishSending() { shutdown(socket, CInt(SHUT_WR)) }

    /// The next answer.
    func answer(expectsBody: Bool = true) throws -> Answer {
        let end = try index(after: Array("\r\n\r\n".utf8))
        let head = String(decoding: received[..<end], as: UTF8.self).split(separator: "\r\n")
        received.removeFirst(end)
        guard let first = head.first, let status = first.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else {
            throw Failure(description: "no status line: \(head)")
        }
        var headers: [String: String] = [:]
        for field in head.dropFirst() {
            guard let colon = field.firstIndex(of: ":") else { continue }
            headers[field[..<colon].lowercased()] = field[field.index(after: colon)...].trimmingPrefix(" ").description
        }
        if headers["transfer-encoding"] == "chunked" {
            var body: [UInt8] = []
            while let piece = try chunk() { body += piece }
            return Answer(status: status, headers: headers, body: String(decoding: body, as: UTF8.self), bytes: body)
        }
        let isBodiless = status == 304 || status == 204 || !expectsBody
        let count = isBodiless ? 0 : headers["content-length"].flatMap { Int($0) } ?? 0
        while received.count < count { guard try receive() else { throw Failure(description: "the body was cut") } }
        defer { received.removeFirst(count) }
        let body = Array(received.prefix(count))
        return Answer(status: status, headers: headers, body: String(decoding: body, as: UTF8.self), bytes: body)
    }

    /// The next piece of a chunked body; nil at its end.
    func chunk() throws -> [UInt8]? {
        let end = try index(after: Array("\r\n".utf8))
        let line = String(decoding: received[..<(end - 2)], as: UTF8.self)
        guard let count = Int(line, radix: 16) else { throw Failure(description: "no chunk: \(line)") }
        received.removeFirst(end)
        while received.count < count + 2 { guard try receive() else { throw Failure(description: "cut chunk") } }
        defer { received.removeFirst(count + 2) }
        return count == 0 ? nil : Array(received.prefix(count))
    }

    /// The head of an answer that goes on for ever.
    func head() throws -> String {
        let end = try index(after: Array("\r\n\r\n".utf8))
        defer { received.removeFirst(end) }
        return String(decoding: received[..<end], as: UTF8.self)
    }

    /// Whether the server ends the connection, and sends nothing before.
    func isClosedByServer() -> Bool {
        do {
            return try received.isEmpty && !receive()
        } catch {
            return errno == ECONNRESET
        }
    }

    private func index(after end: [UInt8]) throws -> Int {
        while true {
            if let place = received.indices.first(where: { received[$0...].starts(with: end) }) {
                return place + end.count
            }
            guard try receive() else { throw Failure(description: "closed without an answer") }
        }
    }

    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket, &chunk, chunk.count, 0)
        guard count >= 0 else { throw Failure(description: "nothing came: \(errno)") }
        received.append(contentsOf: chunk.prefix(count))
        return count > 0
    }
}
