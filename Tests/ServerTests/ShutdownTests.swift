import Ingest
import Logging
import Server
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
    /// Requests under way are answered, new connections are not taken, and then the server is gone.
    @Test func requestsUnderWayAreAnswered() async throws {
        let (entered, entering) = AsyncStream.makeStream(of: Void.self)
        let (released, releasing) = AsyncStream.makeStream(of: Void.self)
        let intake = MemoryIntake(hold: {
            entering.yield()
            await released.first { _ in true }
        })
        try await withServer(intake: intake) { port, stop in
            let client = try RawClient(port: port)
            let idle = try RawClient(port: port)
            idle.send("GET /healthz HTTP/1.1\r\nHost: l\r\n\r\n")
            #expect(try idle.answer().status == 200)
            client.send(signed(Array("{}".utf8), event: "ping", delivery: "under-way"))
            await entered.first { _ in true }
            stop()
            #expect(idle.isClosedByServer(), "a connection without a request is closed at once")
            #expect(throws: RawClient.Failure.self) {
                // The port is closed, or closes at once what was still in its queue.
                let late = try RawClient(port: port)
                late.send("GET /healthz HTTP/1.1\r\nHost: l\r\n\r\n")
                _ = try late.answer()
            }
            releasing.yield()
            let answer = try client.answer()
            #expect(answer.status == 202)
            #expect(answer.body.contains("under-way"))
            #expect(client.isClosedByServer())
        }
        #expect(intake.received.count == 1)
    }

    /// One that never ends does not hold the process up for ever.
    @Test func aShutdownTakesNoLongerThanItMay() async throws {
        let (entered, entering) = AsyncStream.makeStream(of: Void.self)
        let intake = MemoryIntake(hold: {
            entering.yield()
            do { try await Task.sleep(for: .seconds(60)) } catch {}
        })
        let time = try await ContinuousClock().measure {
            try await withServer(intake: intake, limits: { $0.shutdownSeconds = 0.5 }) { port, stop in
                let client = try RawClient(port: port)
                client.send(signed(Array("{}".utf8), event: "ping"))
                await entered.first { _ in true }
                stop()
            }
        }
        #expect(time < .seconds(10), "\(time)")
    }

    @Test func anAddressThatIsTakenIsSaid() async throws {
        try await withServer { port, _ in
            let second = IngestServer(
                configuration: ServerConfiguration(port: port), receivers: [], intake: MemoryIntake(),
                logger: .init(label: "test"))
            let error = await #expect(throws: ServerError.self) { try await second.run() }
            #expect(error?.code == .cannotListen)
            #expect(error?.message.contains("127.0.0.1:\(port)") == true)
        }
    }
}
