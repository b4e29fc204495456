import Events
import ProviderKit
import Server
import Testing

@Suite struct SignInLinkTests {
    private static let start = Timestamp(microseconds: 1_700_000_000_000_000)
    private static let random = [UInt8](repeating: 7, count: OneTimeCode.randomByteCount)

    private static func session(_ answer: RawClient.Answer) -> String? {
        answer.headers["set-cookie"].map { String($0.prefix { $0 != ";" }) }
    }

    @Test func signsOneBrowserInOnce() async throws {
        let (code, known) = OneTimeCode.make(Self.random, at: Self.start)
        let path = "/sign-in?code=\(code.revealText())"
        try await APIHarness.run(oneTimeCode: known) { harness in
            for wrong in ["", "x", String(code.revealText().dropLast()), code.revealText() + "A"] {
                let answer = try harness.ask("GET", "/sign-in?code=\(wrong)", as: nil)
                #expect(answer.status == 401 && answer.headers["set-cookie"] == nil, "\(wrong)")
            }
            #expect(try harness.ask("HEAD", path, as: nil).headers["set-cookie"] == nil, "a preview does not use it up")
            let first = try harness.ask("GET", path, as: nil)
            #expect(first.status == 303 && first.headers["location"] == "/")
            #expect(first.headers["cache-control"] == "no-store")
            let cookie = try #require(Self.session(first))
            let page = try harness.ask("GET", "/", as: nil, [("Cookie", cookie)])
            #expect(page.status == 200 && page.body.contains("administrator"))
            let second = try harness.ask("GET", path, as: nil)
            #expect(second.status == 401 && second.headers["set-cookie"] == nil)
            #expect(!second.body.contains(code.revealText()))
        }
    }

    @Test func ends() async throws {
        let (code, known) = OneTimeCode.make(Self.random, at: Self.start)
        try await APIHarness.run(oneTimeCode: known) { harness in
            harness.clock.advance(seconds: OneTimeCode.seconds + 1)
            let answer = try harness.ask("GET", "/sign-in?code=\(code.revealText())", as: nil)
            #expect(answer.status == 401 && answer.headers["set-cookie"] == nil)
        }
    }

    @Test func isNotThereUnlessItWasMade() async throws {
        try await APIHarness.run { harness in
            for code in ["", "guess"] {
                let answer = try harness.ask("GET", "/sign-in?code=\(code)", as: nil)
                #expect(answer.status == 401)
            }
        }
    }
}
