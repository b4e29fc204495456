import Glibc

/// Sockets that systemd opened for the service: sd_listen_fds(3).
enum ListenSockets {
    /// The first of them; the others follow.
    private static let firstDescriptor: Int32 = 3

    /// The socket to serve on; nil where none was handed in.
    ///
    /// - Throws: ``CommandError`` where there are several, or it is none that listens to a stream.
    static func inherited(_ environment: [String: String], process: pid_t = getpid()) throws(CommandError) -> Int32? {
        guard environment["LISTEN_PID"] == "\(process)", let text = environment["LISTEN_FDS"], let count = Int32(text),
            count > 0
        else { return nil }
        guard count == 1 else {
            throw CommandError("systemd hands over \(count) sockets: leave one ListenStream= in ingestor.socket")
        }
        let descriptor = firstDescriptor
        guard option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue),
            option(SO_ACCEPTCONN, of: descriptor) == 1
        else {
            throw CommandError(
                "the socket that systemd hands over does not listen to a stream: it needs ListenStream= and Accept=no")
        }
        // Programs that this one starts have nothing to do with it.
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw CommandError(SystemError("fcntl", "descriptor \(descriptor)").description)
        }
        return descriptor
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}
