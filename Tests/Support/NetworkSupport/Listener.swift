import Foundation
import Synchronization

/// Accepts connections on a free port of loopback, and hands each to a thread of its own.
public final class Listener: Sendable {
    public let port: Int
    private let descriptor: Int32
    private let open = Mutex<(isStopped: Bool, connections: Set<Int32>)>((false, []))

    /// - Parameter serve: the connection is closed after it.
    public init(_ serve: @escaping @Sendable (_ connection: Int32) -> Void) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isReady = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isReady else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in run(serve) }
    }

    public func stop() {
        let connections = open.withLock { open in
            open.isStopped = true
            return open.connections
        }
        shutdown(descriptor, Int32(SHUT_RDWR))
        for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    private func run(_ serve: @escaping @Sendable (Int32) -> Void) {
        while true {
            let connection = accept(descriptor, nil, nil)
            let isOver = open.withLock { open in
                if !open.isStopped, connection >= 0 { open.connections.insert(connection) }
                return open.isStopped
            }
            if connection < 0 || isOver { break }
            Thread.detachNewThread { [self] in
                serve(connection)
                _ = open.withLock { $0.connections.remove(connection) }
                close(connection)
            }
        }
        close(descriptor)
    }
}

/// A connection to a port of loopback; nil where nobody listens there.
func connectToLoopback(port: Int) -> Int32? {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard result == 0 else {
        close(connection)
        return nil
    }
    return connection
}

/// Sends all of it.
///
/// - Returns: false where the other side is gone.
func sendAll(_ connection: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
    }
    return true
}
