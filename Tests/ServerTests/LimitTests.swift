import Ingest
import Server
import Testing

@Suite(.serialized) struct LimitTests {
    /// The largest body that GitHub sends is taken, one byte more is not, whether its length was said or not.
    @Test func largestBody() async throws {
        let limit = ServerLimits().bodyByteCount
        #expect(limit == 26_214_400)
        let intake = MemoryIntake()
        try await withServer(intake: intake) { port, _ in
            let filler = [UInt8](repeating: UInt8(ascii: " "), count: limit - 2)
            let largest = Array("{}".utf8) + filler
            var client = try RawClient(port: port)
            client.send(signed(largest, event: "ping"))
            #expect(try client.answer().status == 202)

            client = try RawClient(port: port)
            client.send(signed(largest + [UInt8(ascii: " ")], event: "ping"))
            let answer = try client.answer()
            #expect(answer.status == 413)
            #expect(answer.headers["connection"] == "close")

            // 27 MB, in pieces of which nobody knows the number.
            client = try RawClient(port: port)
            let head = String(decoding: signed([], event: "ping"), as: UTF8.self)
            client.send(head.replacing("Content-Length: 0", with: "Transfer-Encoding: chunked"))
            let piece = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
            for _ in 0..<27 {
                guard client.send("100000\r\n"), client.send(piece), client.send("\r\n") else { break }
            }
            client.send("0\r\n\r\n")
            #expect(try client.answer().status == 413)

            // Nobody has to sign to be told, and nothing of it is read.
            client = try RawClient(port: port)
            client.send(request([], signature: nil, length: 27_000_000))
            #expect(try client.answer().status == 413)
        }
        #expect(intake.received.count == 1)
        #expect(intake.rejected == [.tooLarge: 3])
    }

    @Test func slowSenders() async throws {
        let intake = MemoryIntake()
        try await withServer(
            intake: intake,
            limits: {
                $0.bodySeconds = 1
                $0.idleSeconds = 2
                $0.lingerSeconds = 0.5
            }
        ) { port, _ in
            let clock = ContinuousClock()
            // Stops in the middle of the body.
            let stopping = try RawClient(port: port)
            stopping.send(request(Array("{\"a\"".utf8), signature: signature([]), length: 100))
            var answer: RawClient.Answer?
            var time = try clock.measure { answer = try stopping.answer() }
            #expect(answer?.status == 408)
            #expect((0.5...3).contains(time / .seconds(1)), "\(time)")
            #expect(stopping.isClosedByServer())
            // Sends a byte now and then, so that the connection never lies idle.
            let dripping = try RawClient(port: port)
            dripping.send(request([], signature: signature([]), length: 1000))
            time = try await clock.measure {
                for _ in 0..<100 where dripping.send(" ") { try await Task.sleep(for: .milliseconds(50)) }
            }
            #expect(time < .seconds(4), "it was cut off: \(time)")
            // Never ends its head.
            let heading = try RawClient(port: port)
            heading.send("POST /webhooks/github HTTP/1.1\r\nHost: ")
            time = clock.measure { #expect(heading.isClosedByServer()) }
            #expect(time < .seconds(4), "\(time)")
            // Breaks off.
            let breaking = try RawClient(port: port)
            breaking.send(request(Array("{\"a\"".utf8), signature: signature([]), length: 100))
            breaking.finishSending()
            #expect(try breaking.answer().status == 400)
        }
        #expect(intake.rejected == [.tooSlow: 2])
    }

    @Test func longHeads() async throws {
        try await withServer { port, _ in
            let client = try RawClient(port: port)
            let field = "X-Filler: \(String(repeating: "x", count: 80_000))\r\n"
            client.send(request(Array("{}".utf8), signature: nil, extra: field))
            #expect(try client.answer().status == 400)
            #expect(client.isClosedByServer())
        }
    }

    @Test func connectionsWait() async throws {
        try await withServer(limits: { $0.connectionCount = 2 }) { port, _ in
            var clients = try (0..<2).map { _ in try RawClient(port: port) }
            for client in clients {
                client.send("GET /healthz HTTP/1.1\r\nHost: l\r\n\r\n")
                #expect(try client.answer().status == 200)
            }
            let third = try RawClient(port: port, timeoutSeconds: 1)
            third.send("GET /healthz HTTP/1.1\r\nHost: l\r\n\r\n")
            #expect(throws: RawClient.Failure.self) { try third.answer() }
            clients.removeLast()
            #expect(try third.answer().status == 200)
        }
    }

    /// Forty strangers at once send 25 MB each: some without a signature, some with one that looks like one. None is
    /// taken in, and memory stays within the budget.
    @Test func floods() async throws {
        let intake = MemoryIntake()
        let budget = 32 << 20
        let (before, flood) = try await withServer(
            intake: intake,
            limits: {
                $0.bufferedByteCount = budget
                $0.bodySeconds = 3
            }
        ) {
            port, _ in
            let before = try anonymousByteCount()
            let piece = [UInt8](repeating: UInt8(ascii: " "), count: 256 << 10)
            let heads = [
                request([], signature: nil, length: 26_000_000),
                request([], signature: signature([]), length: 26_000_000),
            ]
            let flood = try await withThrowingTaskGroup(of: (status: Int, memory: Int).self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await onOwnThread {
                            let client = try RawClient(port: port)
                            client.send(heads[number % 2])
                            for _ in 0..<100 where client.send(piece) {}
                            let answer = try client.answer()
                            #expect([401, 408, 503].contains(answer.status))
                            return (answer.status, try anonymousByteCount())
                        }
                    }
                }
                return try await group.reduce(into: (memory: 0, refused: 0)) { sum, one in
                    sum.memory = max(sum.memory, one.memory)
                    sum.refused += one.status == 503 ? 1 : 0
                }
            }
            // Afterwards there is room again.
            let client = try RawClient(port: port)
            client.send(signed(Array("{}".utf8), event: "ping"))
            #expect(try client.answer().status == 202)
            return (before, flood)
        }
        print("floods: \(before >> 20) MiB before, \(flood.memory >> 20) MiB at most, \(flood.refused) without room")
        // They send a gigabyte. The budget, what 40 connections and their clients have in flight, and what the allocator
        // keeps for later.
        #expect(flood.memory - before < 128 << 20)
        #expect(flood.refused > 0, "the budget was never reached")
        #expect(intake.received.count == 1)
        #expect((intake.rejected[.missingSignature] ?? 0) == 20)
    }
}
