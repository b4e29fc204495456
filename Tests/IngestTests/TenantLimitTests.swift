import Events
import GitHubSimulator
import Ingest
import Projections
import State
import TestSupport
import Testing

@Suite("what a tenant may have")
struct TenantLimitTests {
    @Test("no more repositories than that, however many are added at once")
    func repositories() async throws {
        try await EngineHarness.run { harness in
            try await harness.engine.limit(harness.tenant, to: TenantLimits(repositories: 2))
            let added = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        do {
                            let locator = Locator(
                                provider: "git", source: Array("http://127.0.0.1:1/\(number).git".utf8))
                            _ = try await harness.engine.addRepository(
                                locator, configuration: RepositoryConfiguration(), tenant: harness.tenant)
                            return true
                        } catch let error as IngestError {
                            #expect(error.code == .limitReached)
                            return false
                        } catch {
                            Issue.record("\(error)")
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(added == 2)
            let rows = try harness.state.read { view in try view.repositories(of: harness.tenant) }
            #expect(rows.count == 2)
            try await harness.engine.removeRepository(try #require(rows.first).id)
            let locator = Locator(provider: "git", source: Array("http://127.0.0.1:1/next.git".utf8))
            _ = try await harness.engine.addRepository(
                locator, configuration: RepositoryConfiguration(), tenant: harness.tenant)
        }
    }

    @Test("a sync that brings too much is suspended, shows nothing half, and is done once there is room")
    func bytes() async throws {
        try await EngineHarness.run { harness in
            let repository = try harness.repository()
            for number in 0..<40 {
                repository.write("file\(number)", .generated(sizeBytes: 1000, seed: UInt64(number)))
            }
            try repository.commit("First")
            try await harness.engine.limit(harness.tenant, to: TenantLimits(bytes: 45_000))
            let id = try await harness.add()
            let first = try await harness.engine.sync(id)
            #expect(first.files == 40)
            for number in 40..<50 {
                repository.write("file\(number)", .generated(sizeBytes: 1000, seed: UInt64(number)))
            }
            try repository.commit("Second")
            for _ in 0..<2 {
                let error = await #expect(throws: IngestError.self) { try await harness.engine.sync(id) }
                #expect(error?.failure?.code == "limitReached")
                let now = try harness.engine.repository(id)
                #expect(now.suspension?.reason == .overLimit)
                #expect(now.suspension?.note.contains("--max-bytes") == true)
                #expect(now.lastCommit == first.commit && now.files == 40, "nothing of the second is seen")
                #expect(try harness.state.read { view in try view.jobs(of: id) } == [], "nobody repeats it for nothing")
            }
            try await harness.engine.limit(harness.tenant, to: TenantLimits(bytes: 50_000))
            #expect(try harness.engine.repository(id).suspension == nil)
            #expect(try harness.state.read { view in try view.jobs(of: id) }.count == 1, "it is asked for")
            let second = try await harness.engine.sync(id)
            #expect(second.files == 50)
            #expect(try harness.state.read { view in try view.statistics(of: harness.tenant) }.logicalBytes == 50_000)
        }
    }
}
