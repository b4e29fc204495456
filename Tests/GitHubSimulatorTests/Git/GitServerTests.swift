import FoundationEssentials
import Glibc
import Testing

@testable import GitHubSimulator

@Suite(.serialized) struct GitServerTests {
    @Test func servesClonesAndFetchesInBothProtocols() async throws {
        try await withTemporaryFolder { folder in
            let repository = try RepositoryBuilder(at: "\(folder)/project.git")
            for number in 0..<300 { repository.write("dir\(number % 7)/file\(number).txt", "content \(number)\n") }
            try repository.commit("Start")
            try await GitServer.withServer(.init(root: folder)) { server in
                let url = server.url("project.git")
                for version in ["0", "2"] {
                    let copy = "\(folder)/copy\(version)"
                    try await GitClient.run(
                        ["clone", "--bare", "--depth", "1", url, copy], configuration: ["protocol.version": version])
                    #expect(try await GitClient.run(["ls-tree", "-r", "main"], in: copy) == repository.listing())
                }
                #expect(server.traffic.count(of: .capabilities) == 2)
                #expect(server.traffic.count(of: .lsRefs) == 1)
                #expect(server.traffic.count(of: .fetch) >= 2)
                #expect(server.traffic.sentBytes > 2000)
                #expect(server.traffic.requests.allSatisfy { $0.status == 200 })

                // A partial clone, then a want by id: what a client relies on that asks for blobs alone.
                let partial = "\(folder)/partial"
                try await GitClient.run(["clone", "--bare", "--filter=blob:none", url, partial])
                let blob = try repository.entries()[0].id
                let bytes = try await GitClient.run(["cat-file", "blob", blob], in: partial)
                #expect(bytes == (try repository.blob(blob)))
            }
        }
    }

    @Test func eightClientsAtOnceLeaveNoChildAndNoDescriptor() async throws {
        try await withTemporaryFolder { folder in
            let repository = try RepositoryBuilder(at: "\(folder)/project.git")
            repository.write("big.bin", .generated(sizeBytes: 3 << 20, seed: 7))
            try repository.commit()
            func round(_ name: String) async throws {
                try await GitServer.withServer(.init(root: folder)) { server in
                    server.inject(.cut(afterBytes: 100_000), on: [.fetch], times: 2)
                    let url = server.url("project.git")
                    let cloned = await withTaskGroup(of: Bool.self) { group in
                        for number in 0..<8 {
                            group.addTask {
                                do {
                                    try await GitClient.run(["clone", "--bare", url, "\(folder)/\(name)\(number)"])
                                    return true
                                } catch {
                                    return false
                                }
                            }
                        }
                        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                    }
                    #expect(cloned == 6)
                }
            }
            try await round("warm")
            let before = openDescriptors()
            let rounds = 4
            for number in 0..<rounds { try await round("cold\(number)") }
            // Other tests run in this process: a leak of one descriptor a client stands out, fewer come and go.
            let closed = try await settles { openDescriptors() < before + 8 * rounds }
            #expect(closed, "descriptors are left open")
            let reaped = try await settles { try zombies().isEmpty }
            #expect(reaped, "a child was not reaped")
        }
    }

    @Test func aRepositoryThatIsNotThereIs404() async throws {
        try await withTemporaryFolder { folder in
            try await GitServer.withServer(.init(root: folder)) { server in
                let error = await #expect(throws: SimulatorError.self) {
                    try await GitClient.run(["ls-remote", server.url("none.git")], in: folder)
                }
                #expect(error?.message.contains("not found") == true)
                #expect(server.traffic.requests.map(\.status) == [404])
            }
        }
    }

    /// Whether a condition holds at some moment of the next three seconds.
    private func settles(_ condition: () throws -> Bool) async throws -> Bool {
        for _ in 0..<60 {
            if try condition() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    private func openDescriptors() -> Int {
        (0..<4096).count { fcntl($0, F_GETFD) != -1 }
    }

    /// The children of this process that have ended and that nobody has waited for.
    private func zombies() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard Int(name) != nil, let bytes = FileManager.default.contents(atPath: "/proc/\(name)/stat") else {
                return false
            }
            // `pid (name) state parent …`: the name may hold anything, so read from the last bracket.
            let fields = bytes.split(separator: UInt8(ascii: ")")).last?.split(separator: UInt8(ascii: " ")) ?? []
            return fields.count > 1 && fields[0].elementsEqual("Z".utf8)
                && fields[1].elementsEqual(String(getpid()).utf8)
        }
    }
}
