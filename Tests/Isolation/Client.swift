import Glibc
import TestSupport

/// One request over HTTP/1.1 on a connection of its own.
enum Client {
    struct Answer {
        var status: Int
        /// Head and body as they came.
        var bytes: [UInt8]
    }

    struct Failure: Error {
        var reason: String
    }

    static func ask(
        _ port: Int, _ method: String, _ path: String, token: String?, body: String? = nil
    ) throws -> Answer {
        let socket = try loopbackSocket(port: port)
        defer { close(socket) }
        var text = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        if let token { text += "Authorization: Bearer \(token)\r\n" }
        if let body { text += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
        let bytes = Array((text + "\r\n" + (body ?? "")).utf8)
        guard bytes.withUnsafeBytes({ send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }) == bytes.count
        else {
            throw Failure(reason: "not sent: \(errno)")
        }
        var received: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(socket, &piece, piece.count, 0)
            if count <= 0 { break }
            received += piece[..<count]
            // A stream of events never ends: what has come by now is what there is.
            if received.count > 1 << 20 { break }
        }
        let line = String(decoding: received.prefix(12), as: UTF8.self).split(separator: " ")
        guard line.count == 2, let status = Int(line[1]) else {
            throw Failure(reason: "no answer to \(method) \(path)")
        }
        return Answer(status: status, bytes: received)
    }
}
