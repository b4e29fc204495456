import GitHubSimulator
import Glibc
import Synchronization
import Testing

@testable import ingestor

/// The service under a manager: what it tells, the socket that it is given, and how long it takes to begin and to end.
struct SystemdTests {
    @Test func theManagerIsToldHowTheServiceDoes() async throws {
        try await withTemporaryFolder { folder in
            var tool = Tool(folder: folder)
            try await tool.succeed("init")
            let manager = try FakeManager("\(folder)/notify")
            tool.variables = [
                "NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000", "INGESTOR_LISTEN": "127.0.0.1:0",
            ]
            let service = try RunningService(tool, "serve")
            try await manager.wait(for: "READY=1\nSTATUS=Listening on port", count: 1)
            try await manager.wait(for: "WATCHDOG=1", count: 3)
            service.signal(SIGHUP)
            try await manager.wait(for: "RELOADING=1\nMONOTONIC_USEC=", count: 1)
            try await manager.wait(for: "READY=1", count: 2)
            let ended = try await service.end()
            #expect(ended.status == 0, "\(ended.messages)")
            try await manager.wait(for: "STOPPING=1", count: 1)
        }
    }

    @Test func theSocketThatItIsGivenIsServed() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await tool.succeed("init")
            // A shell puts the listening socket where the protocol has it: at descriptor 3, for its own process. One that takes
            // descriptors of several digits.
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let port = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    _ = bind(listener, address, length)
                    _ = listen(listener, 16)
                    _ = getsockname(listener, address, &length)
                }
                return UInt16(bigEndian: pointer.pointee.sin_port)
            }
            defer { close(listener) }
            var inheriting = tool
            inheriting.variables = ["LISTEN_FDS": "1"]
            let service = RunningService(
                try inheriting.start(
                    inheriting.shellWords("export LISTEN_PID=$$; exec \"$0\" serve 3<&\(listener)"),
                    program: "/bin/bash")
            )
            let url = "http://127.0.0.1:\(port)"
            // A connection that comes before the service does waits for it.
            #expect(try await shell("curl -s -m 20 \(url)/healthz").contains("ok"))
            #expect(try await shell("curl -s -m 20 \(url)/readyz").contains("ready"))
            let head = try await shell("curl -s -i -m 20 \(url)/healthz")
            #expect(head.contains(" GMT\r\n") && head.contains("ingestor"), "\(head)")
            let ended = try await service.end()
            #expect(ended.status == 0, "\(ended.messages)")
        }
    }

    @Test func whatIsNoSocketIsRefused() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await tool.succeed("init")
            var inheriting = tool
            inheriting.variables = ["LISTEN_FDS": "1"]
            let refused = try await inheriting.start(
                inheriting.shellWords("export LISTEN_PID=$$; exec \"$0\" serve 3</dev/null"), program: "/bin/sh"
            ).wait()
            #expect(refused.status == 1 && refused.messages.contains("ListenStream="), "\(refused.messages)")
        }
    }
}

/// Takes in what a service tells its manager.
private final class FakeManager: Sendable {
    let path: String
    private let descriptor: Int32
    private let received = Mutex<[String]>([])

    init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, result == 0 else { throw ToolFailure("\(path): \(errno)") }
    }

    deinit { close(descriptor) }

    func wait(for words: String, count: Int) async throws {
        for _ in 0..<1000 {
            receive()
            if received.withLock({ $0.count { $0.hasPrefix(words) } }) >= count { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ToolFailure("\"\(words)\" did not come \(count) times: \(received.withLock { $0 })")
    }

    private func receive() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count > 0 else { return }
            let text = String(decoding: bytes[..<count], as: UTF8.self)
            received.withLock { $0.append(text) }
        }
    }
}
