import Events
import Ingest
import Server
import Testing

@Suite struct MetricsTests {
    /// What is scraped is well-formed, counts what happened, and names no tenant, no source and no made-up path.
    @Test func whatIsScraped() async throws {
        try await APIHarness.run { harness in
            _ = try harness.ask("GET", "/v1/stats", as: harness.acme.token)
            for number in 0..<5 { _ = try harness.ask("GET", "/made-up/\(number)", as: nil) }
            try APIHarness.write("new", to: "\(harness.acme.folder)/new.txt")
            _ = try await harness.engine.sync(harness.acme.repository)
            let answer = try harness.ask("GET", "/metrics", as: nil)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            let text = answer.body
            for line in [
                "ingestor_http_requests_total{method=\"GET\",route=\"/v1/stats\",status=\"2xx\"} 1",
                "ingestor_http_requests_total{method=\"GET\",route=\"unknown\",status=\"4xx\"} 5",
                "ingestor_syncs_total{outcome=\"updated\",provider=\"dir\"} 1",
                "ingestor_blobs_total{outcome=\"stored\"} 1", "ingestor_repositories{state=\"complete\"} 2",
                "ingestor_dead_letters 0", "# TYPE ingestor_sync_seconds histogram",
                "ingestor_sync_seconds_count{provider=\"dir\"} 1", "ingestor_fold_lag_events 0",
                "ingestor_stage_seconds_count{provider=\"dir\",stage=\"queue\"} 1",
                "ingestor_stage_seconds_count{provider=\"dir\",stage=\"poll\"} 1",
                "ingestor_stage_seconds_count{provider=\"dir\",stage=\"fetch\"} 1",
                "ingestor_stage_seconds_count{provider=\"dir\",stage=\"store\"} 1",
            ] {
                #expect(text.contains(line + "\n"), "\(line)")
            }
            for name in ["acme", "globex", harness.folder, "made-up"] { #expect(!text.contains(name), "\(name)") }
            // Each metric is declared once, before its samples.
            let types = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
            #expect(Set(types).count == types.count)
            // What was counted is not counted again.
            let again = try harness.ask("GET", "/metrics", as: nil).body
            #expect(again.contains("ingestor_syncs_total{outcome=\"updated\",provider=\"dir\"} 1\n"))
        }
    }
}
