import Ingest
import Server
import Testing

/// Requests that two servers might read differently: one in front of this one must not be told by it that a request ends
/// elsewhere than it thinks.
@Suite(.serialized) struct SmugglingTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// The head's fields that are in doubt.
        var fields = ""
        /// What follows the head.
        var rest = ""
        /// All of it, where it is no POST with those fields.
        var whole: String?

        var text: String { whole ?? "POST /webhooks/github HTTP/1.1\r\nHost: l\r\n\(fields)\r\n\(rest)" }
    }

    /// What somebody would like to be taken for a request of its own.
    static let hidden = "GET /healthz HTTP/1.1\r\nHost: hidden\r\n\r\n"

    static let cases: [Case] = [
        Case(
            testDescription: "a length and pieces", fields: "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
            rest: "0\r\n\r\n" + hidden),
        Case(
            testDescription: "pieces and a length", fields: "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
            rest: "0\r\n\r\n" + hidden),
        Case(testDescription: "two lengths", fields: "Content-Length: 0\r\nContent-Length: 45\r\n", rest: hidden),
        Case(testDescription: "two lengths in one", fields: "Content-Length: 0, 45\r\n", rest: hidden),
        Case(testDescription: "a length with a sign", fields: "Content-Length: +0\r\n", rest: hidden),
        Case(testDescription: "a negative length", fields: "Content-Length: -1\r\n", rest: hidden),
        Case(testDescription: "a length in hexadecimal", fields: "Content-Length: 0x0\r\n", rest: hidden),
        Case(testDescription: "no length", fields: "Content-Length: \r\n", rest: hidden),
        Case(
            testDescription: "a length beyond any number", fields: "Content-Length: 18446744073709551616\r\n",
            rest: hidden),
        Case(testDescription: "a blank before the colon", fields: "Content-Length : 0\r\n", rest: hidden),
        Case(testDescription: "a blank before a name", fields: " Content-Length: 0\r\n", rest: hidden),
        Case(testDescription: "a folded length", fields: "Content-Length:\r\n 0\r\n", rest: hidden),
        Case(testDescription: "a folded field", fields: "X-A: b\r\n Content-Length: 45\r\n", rest: hidden),
        Case(
            testDescription: "pieces of an unknown kind", fields: "Transfer-Encoding: xchunked\r\n",
            rest: "0\r\n\r\n" + hidden),
        Case(
            testDescription: "pieces that are not the last coding", fields: "Transfer-Encoding: chunked, identity\r\n",
            rest: "0\r\n\r\n" + hidden),
        Case(
            testDescription: "pieces told twice",
            fields: "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            rest: "0\r\n\r\n" + hidden),
        Case(
            testDescription: "pieces behind a tab", fields: "Transfer-Encoding:\u{b}chunked\r\n",
            rest: "0\r\n\r\n" + hidden),
        Case(
            testDescription: "a piece's length in another notation", fields: "Transfer-Encoding: chunked\r\n",
            rest: "0x0\r\n\r\n" + hidden),
        Case(
            testDescription: "a piece's length with a sign", fields: "Transfer-Encoding: chunked\r\n",
            rest: "-1\r\n\r\n" + hidden),
        Case(
            testDescription: "a piece's length beyond any number", fields: "Transfer-Encoding: chunked\r\n",
            rest: "fffffffffffffffff\r\n\r\n" + hidden),
        Case(
            testDescription: "a piece that is longer than it said", fields: "Transfer-Encoding: chunked\r\n",
            rest: "1\r\nabc\r\n0\r\n\r\n" + hidden),
        Case(
            testDescription: "lines that end in a line feed alone",
            whole:
                "POST /webhooks/github HTTP/1.1\nHost: l\nContent-Length: 0\n\n" + hidden),
        Case(testDescription: "a NUL in a field", fields: "X-A: a\u{0}b\r\nContent-Length: 0\r\n", rest: hidden),
        Case(testDescription: "a carriage return in a field", fields: "X-A: a\rContent-Length: 0\r\n", rest: hidden),
        Case(testDescription: "no protocol", whole: "GET /healthz\r\n\r\n" + hidden),
        Case(testDescription: "HTTP/2 without being asked", whole: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ]

    @Test("are refused, and nothing behind them is taken for another one", arguments: cases)
    func refused(_ smuggled: Case) async throws {
        let intake = MemoryIntake()
        let answers = try await withServer(intake: intake, limits: { $0.idleSeconds = 2 }) { port, _ in
            let client = try RawClient(port: port, timeoutSeconds: 5)
            client.send(smuggled.text)
            var answers: [Int] = []
            do {
                while answers.count < 4 { answers.append(try client.answer().status) }
            } catch is RawClient.Failure {}
            return answers
        }
        #expect(answers.count <= 1, "\(answers)")
        #expect(answers.allSatisfy { (400..<500).contains($0) }, "\(answers)")
        #expect(intake.received.isEmpty)
    }

    @Test("requests of which there is no doubt follow one another on one connection")
    func pipelined() async throws {
        try await withServer { port, _ in
            let client = try RawClient(port: port)
            client.send(signed(Array("{}".utf8), event: "ping") + Array(Self.hidden.utf8))
            #expect(try client.answer().status == 202)
            #expect(try client.answer().status == 200)
        }
    }

    @Test("a body that was packed is not unpacked")
    func packed() async throws {
        let intake = MemoryIntake()
        try await withServer(intake: intake) { port, _ in
            for coding in ["gzip", "deflate", "br", "zstd"] {
                let client = try RawClient(port: port)
                let head = "Content-Encoding: \(coding)\r\nContent-Type:"
                let text = String(decoding: signed(Array("{}".utf8), event: "ping"), as: UTF8.self)
                client.send(text.replacing("Content-Type:", with: head))
                #expect(try client.answer().status == 415, "\(coding)")
            }
        }
        #expect(intake.rejected == [.wrongContentType: 4])
    }
}
