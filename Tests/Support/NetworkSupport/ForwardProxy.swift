import Foundation
import Synchronization

/// A proxy on loopback as companies have them: tunnels for `CONNECT`, and passes requests for whole URLs on.
public final class ForwardProxy: Sendable {
    private let listener: Mutex<Listener?> = Mutex(nil)
    private let seen = Mutex<[String]>([])

    public init() throws {
        let started = try Listener { [self] connection in serve(connection) }
        listener.withLock { $0 = started }
    }

    public var url: String { "http://127.0.0.1:\(listener.withLock { $0?.port ?? 0 })" }
    /// The first lines of what it was asked, in order.
    public var requests: [String] { seen.withLock { $0 } }

    public func stop() {
        let stopped = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        stopped?.stop()
    }

    private func serve(_ connection: Int32) {
        guard let (head, rest) = readHead(connection), let line = head.first else { return }
        seen.withLock { $0.append(line) }
        let words = line.split(separator: " ")
        guard words.count == 3 else { return }
        if words[0] == "CONNECT" {
            guard let port = words[1].split(separator: ":").last.flatMap({ Int($0) }),
                let upstream = connectToLoopback(port: port)
            else { return }
            defer { close(upstream) }
            guard sendAll(connection, Array("HTTP/1.1 200 Connected\r\n\r\n".utf8)[...]) else { return }
            return pump(connection, upstream)
        }
        guard let url = URL(string: String(words[1])), let port = url.port,
            let upstream = connectToLoopback(port: port)
        else { return }
        defer { close(upstream) }
        let query = url.query(percentEncoded: true).map { "?\($0)" } ?? ""
        let fields = head.dropFirst().filter { !$0.lowercased().hasPrefix("connection:") }
        let first = "\(words[0]) \(url.path(percentEncoded: true))\(query) HTTP/1.1"
        let text = ([first] + fields + ["Connection: close", "", ""]).joined(separator: "\r\n")
        guard sendAll(upstream, Array(text.utf8)[...]), sendAll(upstream, rest[...]) else { return }
        pump(connection, upstream)
    }

    private func readHead(_ connection: Int32) -> (lines: [String], rest: [UInt8])? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                return (lines, Array(bytes[end.upperBound...]))
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    private func pump(_ left: Int32, _ right: Int32) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var waits = [left, right].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&waits, 2, -1) > 0 else { return }
            for (index, target) in [right, left].enumerated() where waits[index].revents != 0 {
                let count = recv(waits[index].fd, &buffer, buffer.count, 0)
                guard count > 0, sendAll(target, buffer[..<count]) else { return }
            }
        }
    }
}
