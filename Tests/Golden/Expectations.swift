import EventLog
import Events
import Foundation
import OpenSSL
import Projections
import State

/// What a log comes to, a fact a line: `fact value`. A fact names the version that it holds for, so that another version has facts of its own
/// and those from before stay.
///
/// | fact | value |
/// |---|---|
/// | `events`, `root` | how many, and the root of the tree over them |
/// | `kind NAME VERSION` | SHA-256 over all events of the kind, as JSON, in their order, each with its position and a newline |
/// | `projection NAME VERSION TENANT` | the digest of its rows of the tenant |
struct Expectations {
    private(set) var facts: [String: String] = [:]

    /// What is written down.
    init(of log: GoldenLog) throws {
        guard FileManager.default.fileExists(atPath: log.expectedPath) else { return }
        for line in try String(contentsOfFile: log.expectedPath, encoding: .utf8).split(separator: "\n") {
            guard let space = line.lastIndex(of: " ") else { throw GoldenFailure("\(log.expectedPath): \(line)") }
            facts[String(line[..<space])] = String(line[line.index(after: space)...])
        }
    }

    /// What this version makes of a log.
    init(measuring log: EventLog, _ head: TreeHead, in directory: String) throws {
        facts["events"] = "\(head.size)"
        facts["root"] = head.root.hex
        var texts: [String: [UInt8]] = [:]
        try log.read { snapshot in
            for position in 0..<snapshot.count {
                guard let envelope = try snapshot.envelope(at: LogPosition(position)) else { continue }
                let fact = "kind \(envelope.event.kind.name) \(envelope.event.kind.currentVersion)"
                texts[fact, default: []] += Array("\(position) \(envelope.event.json.text)\n".utf8)
            }
        }
        for (fact, text) in texts { facts[fact] = Hex.encode(Digest.hash(.sha256, text)) }
        let options = StateOptions { $0.mapSizeBytes = 1 << 30 }
        let report = try StateBuilder.build(log: log, into: directory, options: options)
        let versions = Dictionary(uniqueKeysWithValues: AllProjections.list.map { ($0.name, $0.version) })
        for entry in report.digests {
            let version = versions[entry.projection] ?? 0
            facts["projection \(entry.projection) \(version) \(entry.tenant.rawValue)"] = entry.digest.hex
        }
    }

    /// Facts that are written down otherwise, and those that hold for this version and are no longer so.
    func contradictions(of measured: Expectations) -> [String] {
        let changed = measured.facts.compactMap { fact, value in
            facts[fact].flatMap { $0 == value ? nil : "\(fact): \(value), and written down is \($0)" }
        }
        let gone = facts.keys.filter { measured.facts[$0] == nil && Self.isOfThisVersion($0) }.map { "\($0): nothing" }
        return (changed + gone).sorted()
    }

    private static func isOfThisVersion(_ fact: String) -> Bool {
        let words = fact.split(separator: " ")
        guard words.count > 2, let version = UInt32(words[2]) else { return true }
        switch words[0] {
        case "kind": return EventKind(name: words[1]).map { UInt32($0.currentVersion) == version } ?? true
        default: return AllProjections.list.first { $0.name == words[1] }.map { $0.version == version } ?? false
        }
    }

    /// Facts that nobody has written down.
    func missing(of measured: Expectations) -> [String] {
        measured.facts.keys.filter { facts[$0] == nil }.sorted()
    }

    /// Writes down what is new, beside what is there.
    func add(_ measured: Expectations, to log: GoldenLog) throws {
        let all = facts.merging(measured.facts) { known, _ in known }
        let text = all.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
        try text.write(toFile: log.expectedPath, atomically: true, encoding: .utf8)
    }
}
