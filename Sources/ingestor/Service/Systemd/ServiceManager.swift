import Glibc

/// Tells systemd how the service does: the protocol of sd_notify(3), which is datagrams of `NAME=value` lines.
struct ServiceManager: Sendable {
    private let socket: String
    /// Within this time it wants to hear that the service is alive; nil: it does not watch.
    let watchdogInterval: Duration?

    /// Nil where nobody wants to be told.
    init?(_ environment: [String: String], process: pid_t = getpid()) {
        guard let path = environment["NOTIFY_SOCKET"], path.utf8.count > 1, path.hasPrefix("/") || path.hasPrefix("@")
        else { return nil }
        socket = path
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(process)" } ?? true
        let microseconds = isMeant ? environment["WATCHDOG_USEC"].flatMap { Int64($0) } : nil
        watchdogInterval = microseconds.flatMap { $0 > 0 ? .microseconds($0) : nil }
    }

    func isReady(_ status: String) throws(SystemError) { try send(["READY=1", "STATUS=\(Self.line(status))"]) }

    /// Followed by ``isReady(_:)`` when that is done. The time is for `Type=notify-reload`.
    func isReloading() throws(SystemError) {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        try send(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)"])
    }

    func isStopping(_ status: String) throws(SystemError) { try send(["STOPPING=1", "STATUS=\(Self.line(status))"]) }

    func isAlive() throws(SystemError) { try send(["WATCHDOG=1"]) }

    private static func line(_ text: String) -> String { Printable.text(text) }

    private func send(_ lines: [String]) throws(SystemError) {
        let descriptor = FileDescriptor(
            try FileDescriptor.check("socket", self.socket) {
                Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            })
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(self.socket.utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError("sendto", self.socket, code: ENAMETOOLONG)
        }
        // An address in the abstract namespace begins with a zero.
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let message = Array(lines.joined(separator: "\n").utf8)
        _ = try FileDescriptor.check("sendto", self.socket) {
            withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    Int32(
                        sendto(
                            descriptor.rawValue, message, message.count, Int32(MSG_NOSIGNAL), address, length))
                }
            }
        }
    }
}
