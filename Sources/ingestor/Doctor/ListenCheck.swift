import Glibc
import Server

/// Whether the service can listen where it is told to.
struct ListenCheck {
    let listen: String
    let data: DataDirectory

    func findings() -> [Finding] {
        guard let configuration = ServerConfiguration(listen: listen) else { return [] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(configuration.host, "\(configuration.port)", &hints, &found)
        guard code == 0, let address = found else {
            return [
                .wrong(
                    .service, "\(listen) is no address of this machine: \(String(cString: gai_strerror(code)))",
                    advice: "set \(SettingKey.listen.environmentName), such as 127.0.0.1:8080")
            ]
        }
        defer { freeaddrinfo(found) }
        let descriptor = FileDescriptor(
            socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        var one: Int32 = 1
        setsockopt(descriptor.rawValue, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor.rawValue, address.pointee.ai_addr, address.pointee.ai_addrlen) != 0 else {
            return [.ok(.service, "\(listen) is free to listen on")]
        }
        let reason = errno
        if reason == EADDRINUSE, WriterLock.holder(data).contains("ingestor serve") {
            return [.ok(.service, "\(listen) is taken, probably by \(WriterLock.holder(data))")]
        }
        return [
            .wrong(
                .service, "\(listen) cannot be listened on: \(String(cString: strerror(reason)))",
                advice: reason == EACCES
                    ? "ports below 1024 are for root: use another one, or systemd's socket"
                    : "end the process that listens there (`ss -ltnp`), or set \(SettingKey.listen.environmentName)")
        ]
    }
}
