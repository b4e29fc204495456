import Glibc

/// The socket's address, by way of the open data directory: the name of a socket may not be longer than 107 bytes, that of
/// a directory may.
struct ControlAddress: ~Copyable {
    private let directory: FileDescriptor
    private let name: String
    private let path: String

    init(_ data: DataDirectory) throws(SystemError) {
        directory = try FileDescriptor(open: data.path, O_RDONLY | O_DIRECTORY)
        name = data.socketName
        path = data.path + "/" + data.socketName
    }

    private func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let text = Array("/proc/self/fd/\(directory.rawValue)/\(name)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private func makeSocket() throws(SystemError) -> FileDescriptor {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        return FileDescriptor(try FileDescriptor.check("socket", path) { socket(AF_UNIX, type, 0) })
    }

    /// Takes the place of whatever socket a holder before left behind; only its owner may connect.
    func listen(backlog: Int32) throws(SystemError) -> FileDescriptor {
        let descriptor = try makeSocket()
        remove()
        // Linux gives the name the mode that the socket has when it is bound, so there is no moment with another one.
        _ = try FileDescriptor.check("fchmod", path) { fchmod(descriptor.rawValue, 0o600) }
        _ = try FileDescriptor.check("bind", path) { withAddress { bind(descriptor.rawValue, $0, $1) } }
        _ = try FileDescriptor.check("listen", path) { Glibc.listen(descriptor.rawValue, backlog) }
        return descriptor
    }

    /// A connection; nil where nobody listens.
    func connect() throws(SystemError) -> ControlConnection? {
        let descriptor = try makeSocket()
        let code = withAddress { Glibc.connect(descriptor.rawValue, $0, $1) }
        if code != 0 {
            if [ENOENT, ECONNREFUSED, EAGAIN].contains(errno) { return nil }
            throw SystemError("connect", path)
        }
        return ControlConnection(
            try FileDescriptor.check("dup", path) { fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 3) })
    }

    /// Takes the socket's name away, so that nobody connects any more.
    func remove() { unlinkat(directory.rawValue, name, 0) }
}
