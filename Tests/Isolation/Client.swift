import Glibc

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
        let socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw Failure(reason: "no socket: \(errno)") }
        defer { close(socket) }
        var time = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(reason: "not connected: \(errno)") }
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
