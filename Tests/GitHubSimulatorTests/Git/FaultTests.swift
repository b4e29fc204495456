import Testing

@testable import GitHubSimulator

@Suite(.serialized) struct FaultTests {
    /// Serves one repository to `body`, which gets a closure that clones it into a new folder.
    private func withClones(
        _ body: (GitServer, _ clone: () async throws -> Void) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let repository = try RepositoryBuilder(at: "\(folder)/project.git")
            repository.write("file.bin", .generated(sizeBytes: 200_000, seed: 1))
            try repository.commit()
            try await GitServer.withServer(.init(root: folder)) { server in
                var count = 0
                try await body(server) {
                    count += 1
                    try await GitClient.run(["clone", "--bare", server.url("project.git"), "\(folder)/copy\(count)"])
                }
            }
        }
    }

    @Test(arguments: [
        (Fault.cut(afterBytes: 50_000), "early EOF"),
        (.corruptPack(atByte: 100_000), "inflate: data stream error"),
        (.errorPacket("upload-pack: not our ref"), "not our ref"),
        (.unavailable, "503"),
        (.rateLimited(retryAfterSeconds: 3), "429"),
        (.answer(status: 200, headers: ["Content-Type": "text/html"], body: Array("<p>".utf8)), ""),
    ])
    func aFaultStrikesAsOftenAsAskedFor(fault: Fault, words: String) async throws {
        try await withClones { server, clone in
            server.inject(fault, on: [.fetch], times: 1)
            let error = await #expect(throws: SimulatorError.self) { try await clone() }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            try await clone()
        }
    }

    @Test func aCutSendsAllBytesBeforeIt() async throws {
        try await withClones { server, clone in
            server.inject(.cut(afterBytes: 50_000), on: [.fetch], times: 1)
            await #expect(throws: SimulatorError.self) { try await clone() }
            #expect(server.traffic.requests.last?.sentBytes == 50_000)
        }
    }

    @Test(arguments: [0, 1000]) func aHangEndsWhereFaultsAreCleared(bytes: Int) async throws {
        try await withClones { server, clone in
            server.inject(.hang(afterBytes: bytes), on: [.fetch])
            async let release: Void = {
                while server.traffic.count(of: .fetch) == 0 { try await Task.sleep(for: .milliseconds(5)) }
                try await Task.sleep(for: .milliseconds(300))
                #expect(server.traffic.count(of: .fetch) == 1)
                server.clearFaults()
            }()
            let start = ContinuousClock.now
            try await clone()
            #expect(ContinuousClock.now - start >= .milliseconds(290))
            try await release
        }
    }

    @Test func aServerStopsWhileRequestsHang() async throws {
        try await withTemporaryFolder { folder in
            try RepositoryBuilder(at: "\(folder)/project.git").commit()
            let client = try await GitServer.withServer(.init(root: folder)) { server in
                server.inject(.hang())
                let client = try ChildProcess(
                    arguments: ["-C", folder, "ls-remote", server.url("project.git")].map { Array($0.utf8) },
                    environment: GitCommand.environment())
                while server.traffic.count == 0 { try await Task.sleep(for: .milliseconds(5)) }
                return client
            }
            #expect(try await client.end() != 0)
        }
    }

    @Test func redirectsProtocolV0AndPace() async throws {
        try await withClones { server, clone in
            server.inject(.redirect(from: "/old.git", to: "/project.git"), on: [.capabilities], times: 1)
            let refs = try await GitClient.run(["ls-remote", server.url("old.git")], in: "/")
            #expect(String(decoding: refs, as: UTF8.self).contains("refs/heads/main"))

            server.resetTraffic()
            server.inject(.protocolV0)
            try await clone()
            #expect(server.traffic.count(of: .lsRefs) == 0)
            server.clearFaults()

            server.inject(.throttle(bytesPerSecond: 400_000), on: [.fetch])
            server.inject(.latency(.milliseconds(100)), on: [.fetch])
            let start = ContinuousClock.now
            try await clone()
            #expect(ContinuousClock.now - start > .milliseconds(600))
        }
    }
}
