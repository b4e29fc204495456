import GitHubSimulator
import Glibc
import Testing

/// A crash leaves nothing of the memory in which the keys lie, unless somebody wants that.
struct CoreDumpTests {
    /// Crashes a service, started by a shell that allows dumps of any size.
    private static func crash(_ folder: String, _ name: String, isAllowed: Bool) async throws -> (
        limit: String, files: [String]
    ) {
        var tool = Tool(folder: folder)
        if isAllowed { tool.variables["INGESTOR_ALLOW_CORE_DUMPS"] = "true" }
        try await system("mkdir \(folder)/\(name)")
        let script = "cd \(folder)/\(name) && ulimit -c unlimited && exec \"$0\" serve --listen 127.0.0.1:0"
        let service = RunningService(try tool.start(try tool.shellWords(script), program: "/bin/sh"))
        _ = try await service.port()
        let limits = String(decoding: try bytes(of: "/proc/\(service.process.process)/limits"), as: UTF8.self)
        // Of the signals whose default is a dump one that no runtime takes for a reason to tell of its threads first.
        service.signal(SIGSYS)
        #expect(try await service.process.wait().status >= 128)
        let files = try await shell("ls \(folder)/\(name)").split(separator: "\n").map(String.init)
        let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
        return (line?.split(separator: " ").dropFirst(4).first.map(String.init) ?? "none", files)
    }

    @Test func aCrashLeavesNoMemory() async throws {
        try await withTemporaryFolder { folder in
            try await Tool(folder: folder).succeed("init")
            let crashed = try await Self.crash(folder, "forbidden", isAllowed: false)
            #expect(crashed.limit == "0")
            #expect(crashed.files == [])
            let debugged = try await Self.crash(folder, "allowed", isAllowed: true)
            #expect(debugged.limit == "unlimited")
            // Elsewhere the system hands dumps to a program, and leaves none here.
            let pattern = String(decoding: try bytes(of: "/proc/sys/kernel/core_pattern"), as: UTF8.self)
            if pattern.hasPrefix("core") { #expect(debugged.files.contains { $0.hasPrefix("core") }) }
        }
    }
}
