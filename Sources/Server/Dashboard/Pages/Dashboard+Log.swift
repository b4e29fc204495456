import Events
import Queries

extension Dashboard {
    /// What the log can prove, and whether what was signed last still holds.
    func log(_ visit: Visit) throws -> Page {
        let proof = try visit.queries.logProof()
        let verdict: HTML =
            switch proof.checkpoint {
            case nil:
                .verdict(
                    "warn", "No checkpoint has been signed yet",
                    "Sign one with <code>ingestor checkpoint</code>, and keep it somewhere else.")
            case let checkpoint? where checkpoint.holds:
                .verdict(
                    "good", "The log still begins as the last checkpoint says",
                    "It was signed over \(Show.count(checkpoint.size)) events \(Show.time(checkpoint.at, visit.now)), and was checked just now."
                )
            case let checkpoint?:
                .verdict(
                    "bad", "The log does not begin as the checkpoint over \(Show.count(checkpoint.size)) events says",
                    "Keep what you have, and run <code>ingestor verify --log</code>.")
            }
        let tiles = HTML.tiles([
            ("Events", "\(Show.count(proof.size))", "size of the tree"),
            (
                "Not signed yet", "\(Show.count(proof.size - min(proof.size, proof.checkpoint?.size ?? 0)))",
                "events since the last checkpoint"
            ),
            (
                "Last checkpoint", Show.time(proof.checkpoint?.at, visit.now),
                proof.checkpoint.map { Self.event($0.position) } ?? ""
            ),
            (
                "Last digest", Show.time(proof.digest?.at, visit.now),
                proof.digest.map { "of the state, \(Self.event($0.position))" } ?? "none is in the log yet"
            ),
        ])
        let roots = HTML.facts(
            [("Root over all events (RFC 6962, SHA-256)", "<code>\(proof.root.hex)</code>")]
                + (proof.checkpoint.map { [("Root that was signed", "<code>\($0.root.hex)</code>")] } ?? []))
        let note: HTML =
            proof.checkpoint.map {
                """
                <h2>The checkpoint<small>C2SP tlog-checkpoint: keep it elsewhere, and hold the log against it later</small></h2>\
                <pre tabindex="0">\($0.note)</pre><p class="note"><code>ingestor verify --log --checkpoint FILE</code> compares; \
                <code>ingestor proof POSITION</code> proves one event to somebody else.</p>
                """
            } ?? ""
        return Page("Log", "\(verdict)\(tiles)\(roots)\(note)")
    }

    private static func event(_ position: LogPosition) -> HTML {
        "event <a href=\"/explain?subject=\(position.rawValue)\">\(position.rawValue)</a>"
    }
}
