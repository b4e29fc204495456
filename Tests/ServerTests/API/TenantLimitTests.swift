import Events
import Ingest
import ProviderKit
import Server
import Testing

@Suite struct TenantLimitTests {
    /// All tokens of a tenant and its sessions count together; another tenant is none the worse.
    @Test func requestsAMinute() async throws {
        try await APIHarness.run { harness in
            try await harness.engine.limit(harness.acme.tenant, to: TenantLimits(requestsPerMinute: 3))
            let cookie = try DashboardTests.signIn(harness, harness.acme.token)
            #expect(try harness.ask("GET", "/", as: nil, [("Cookie", cookie)]).status == 200)
            #expect(try harness.ask("GET", "/v1/stats", as: harness.acme.token).status == 200)
            #expect(try harness.ask("GET", "/v1/stats", as: harness.acme.token).status == 200)
            let refused = try harness.ask("GET", "/v1/stats", as: harness.acme.token)
            #expect(refused.status == 429)
            #expect(refused.headers["content-type"] == "application/problem+json")
            #expect(refused.headers["retry-after"] == "20", "a third of a minute")
            #expect(try refused.code == "limitReached")
            #expect(try harness.ask("GET", "/v1/stats", as: harness.globex.token).status == 200)
            harness.clock.advance(seconds: 20)
            #expect(try harness.ask("GET", "/v1/stats", as: harness.acme.token).status == 200)
            #expect(try harness.ask("GET", "/v1/stats", as: harness.acme.token).status == 429)
            try await harness.engine.limit(harness.acme.tenant, to: TenantLimits(requestsPerMinute: 0))
            harness.clock.advance(seconds: 600)
            #expect(try harness.ask("GET", "/v1/stats", as: harness.acme.token).headers["retry-after"] == "60")
            try await harness.engine.limit(harness.acme.tenant, to: TenantLimits())
            #expect(try harness.ask("GET", "/v1/stats", as: harness.acme.token).status == 200)
        }
    }

    @Test func repositories() async throws {
        try await APIHarness.run { harness in
            try await harness.engine.limit(harness.acme.tenant, to: TenantLimits(repositories: 1))
            let answer = try harness.ask(
                "POST", "/v1/repositories", as: APIHarness.admin,
                body: #"{"locator":"dir:\#(harness.globex.folder)","tenant":"acme"}"#)
            #expect(answer.status == 403)
            #expect(try answer.code == "limitReached")
            let detail = try answer.json["detail"]?.string
            #expect(detail?.contains("--max-repositories") == true)
        }
    }
}
