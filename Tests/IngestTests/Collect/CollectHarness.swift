import Events
import FoundationEssentials
import Ingest
import Projections
import Silo
import State
import TestSupport
import Testing

extension EngineHarness {
    /// A directory that is watched.
    func addDirectory(_ name: String, isPrivate: Bool = true, keepDays: UInt32? = nil) async throws -> RepositoryID {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        let locator = Locator(provider: "dir", source: Array("\(folder)/\(name)".utf8))
        let configuration = RepositoryConfiguration(isPrivate: isPrivate, keepHistoryDays: keepDays)
        return try await engine.addRepository(locator, configuration: configuration, tenant: tenant).id
    }

    func write(_ directory: String, _ path: String, _ content: String?) throws {
        let path = "\(folder)/\(directory)/\(path)"
        guard let content else { return try FileManager.default.removeItem(atPath: path) }
        try content.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// The content that a path has now, whatever became of it.
    func hash(_ id: RepositoryID, _ path: String) throws -> SHA1Hash {
        let version = try state.read { view in try view.file(id, path: Array(path.utf8), asOf: nil) }
        guard case .upserted(_, let hash, _)? = version?.content else {
            Issue.record("\(path) is \(String(describing: version?.content))")
            return .zero
        }
        return hash
    }

    func blob(_ hash: SHA1Hash, in domain: Domain? = nil) throws -> BlobRow? {
        try state.read { view in try view.blob(hash, in: domain ?? .tenant(tenant)) }
    }

    /// Collects without any grace, unless `change` says otherwise.
    @discardableResult
    func collect(_ change: (inout CollectOptions) -> Void = { _ in }) async throws -> CollectReport {
        var options = CollectOptions()
        options.release = ReleasePolicy(graceSeconds: 0, graceEvents: 0)
        change(&options)
        return try await engine.collect(options)
    }

    /// Everything is as it has to be: no damage, and a state that is built anew is the live one.
    func expectSound(_ comment: Comment = "", sourceLocation: SourceLocation = #_sourceLocation) throws {
        let known = try state.read { view in
            Dictionary(try view.shards().map { ($0.id, $0.contentHash) }, uniquingKeysWith: { $1 })
        }
        let report = try silo.verify(sealedHashes: known) { _ in }
        #expect(report.findings.isEmpty, comment, sourceLocation: sourceLocation)
        let aside = "\(folder)/aside-\(clock.now.microseconds)"
        let built = try StateBuilder.build(log: log, into: aside)
        #expect(
            try built.stateDigest == state.read { view in try view.stateDigest() }, comment,
            sourceLocation: sourceLocation)
        try FileManager.default.removeItem(atPath: aside)
        try state.read { view in
            try view.forEachBlob { row in
                let isThere = try silo.contains(row.hash, in: row.domain) != nil
                if row.references > 0 || row.stored != nil { #expect(isThere, comment, sourceLocation: sourceLocation) }
                if row.deleted != nil { #expect(!isThere, comment, sourceLocation: sourceLocation) }
                return true
            }
        }
    }
}

extension SeededGenerator {
    /// Text that does not compress well.
    mutating func text(_ count: Int) -> String {
        String(decoding: (0..<count).map { _ in UInt8(33 + Int(next() % 90)) }, as: UTF8.self)
    }
}
