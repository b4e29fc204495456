import Glibc

/// What a socket of a test could not do.
public struct SocketFailure: Error, CustomStringConvertible {
    public var description: String
}

/// A connection to a port of this machine. Whoever asked for it closes it.
///
/// - Parameter timeoutSeconds: of each read and write.
public func loopbackSocket(port: Int, timeoutSeconds: Int = 20) throws(SocketFailure) -> CInt {
    let socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw SocketFailure(description: "no socket: \(errno)") }
    var time = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard connected == 0 else {
        let number = errno
        close(socket)
        throw SocketFailure(description: "not connected: \(number)")
    }
    return socket
}
