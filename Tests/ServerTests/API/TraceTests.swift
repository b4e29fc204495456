import Events
import Ingest
import Testing

@Suite struct TraceTests {
    /// The trace of a request stays with the work that it asked for, which is done later by somebody else.
    @Test func workKeepsTheTraceOfItsRequest() async throws {
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        try await APIHarness.run { harness in
            let path = "/v1/repositories/\(harness.acme.repository.rawValue)/sync"
            for invalid in ["00-0-0-0", "ff" + header.dropFirst(2), header.uppercased(), header + "-more", ""] {
                let answer = try harness.ask("GET", "/v1/stats", as: harness.acme.token, [("traceparent", invalid)])
                #expect(answer.status == 200 && answer.headers["traceparent"] == nil, "\(invalid)")
            }
            let answer = try harness.ask(
                "POST", path, as: harness.acme.token, [("traceparent", header)], body: "{}")
            #expect(answer.status == 202)
            #expect(answer.headers["traceparent"] == header)
            let location = try #require(answer.headers["location"])
            let job = try #require(UInt64(location.drop { $0 != "=" }.dropFirst()))
            #expect(try harness.engine.trace(of: LogPosition(job))?.header == header)
            #expect(TraceContext.headers.isEmpty)
            let sent = TraceContext.$current.withValue(TraceContext(header)) { TraceContext.headers.map(\.value) }
            #expect(sent == [header])
        }
    }
}
