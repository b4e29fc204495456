import EventLog
import Events
import Foundation
import Testing

/// Logs of every version of the format stay as they were written, and come to what was written down when they were. Whoever changes what a
/// decoder or a fold means has to count up its version; then there is something new to write down, and this says so.
///
/// `INGESTOR_GOLDEN=record` writes down what is not there yet; `INGESTOR_GOLDEN=write` makes one more log before.
@Suite(.serialized) struct GoldenLogTests {
    private static let order = ProcessInfo.processInfo.environment["INGESTOR_GOLDEN"]

    @Test func everyLogComesToWhatIsWrittenDown() async throws {
        let temporary = FileManager.default.temporaryDirectory.appending(path: "golden-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: temporary) }
        if Self.order == "write" {
            try await GoldenLog.write(as: "\(try GoldenLog.all().count + 1)", in: temporary)
        }
        let logs = try GoldenLog.all()
        #expect(!logs.isEmpty)
        var kinds: Set<String> = []
        for golden in logs {
            try FileManager.default.createDirectory(
                atPath: "\(temporary)/\(golden.name)", withIntermediateDirectories: true)
            let (log, head) = try golden.open(in: "\(temporary)/\(golden.name)/log")
            let measured = try Expectations(measuring: log, head, in: "\(temporary)/\(golden.name)/state")
            let expected = try Expectations(of: golden)
            #expect(
                expected.contradictions(of: measured) == [],
                "log \(golden.name): a decoder or a fold means something else than it did: give it another version")
            if Self.order == nil {
                #expect(
                    expected.missing(of: measured) == [],
                    "log \(golden.name): run the tests once with INGESTOR_GOLDEN=record, and commit what it writes")
            } else {
                try expected.add(measured, to: golden)
            }
            kinds.formUnion(measured.facts.keys.filter { $0.hasPrefix("kind ") })
            // Sealed parts were opened: what is closed has no names.
            try log.read { snapshot in
                var sealed = 0
                for position in 0..<snapshot.count {
                    let envelope = try #require(try snapshot.envelope(at: LogPosition(position)))
                    #expect(envelope.sealing == .open, "log \(golden.name), event \(position)")
                    if envelope.header.key != .none { sealed += 1 }
                }
                #expect(sealed > 0 && sealed < Int(snapshot.count), "log \(golden.name)")
            }
        }
        let wanted = Set(EventKind.allCases.map { "kind \($0.name) \($0.currentVersion)" })
        #expect(
            wanted.subtracting(kinds).sorted() == [],
            "run the tests once with INGESTOR_GOLDEN=write, and commit the log that it makes")
    }
}
