import EventGenerator
import EventLog
import Events
import Foundation
import State
import Vault

/// A log that an earlier version wrote: `log`, as `export-log --format protobuf` writes it; `keys`, the tenants' keys; `expected`, what
/// it has to come to.
struct GoldenLog {
    let path: String
    var name: String { URL(fileURLWithPath: path).lastPathComponent }
    var expectedPath: String { "\(path)/expected" }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "logs").path
    /// Seals the keys of all of them. No secret.
    private static let masterKey = [UInt8](0..<32)
    private static let eventCount = 400

    static func all() throws -> [GoldenLog] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { GoldenLog(path: "\(folder)/\($0)") }
    }

    /// Puts the log into an empty directory, and opens it.
    func open(in directory: String) throws -> (log: EventLog, head: TreeHead) {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/log")))
        var isRead = false
        var decoder = LogFileDecoder {
            defer { isRead = true }
            return isRead ? [] : bytes
        }
        var builder = try LogBuilder(directory: directory, options: Self.options)
        var head: TreeHead?
        while let frame = try decoder.frame() {
            switch frame {
            case .start: break
            case .record(_, let record): try builder.append(record)
            case .end(let size, let root): head = TreeHead(size: size, root: root)
            }
        }
        let built = try builder.finish()
        guard built == head else { throw GoldenFailure("the records of \(name) are not those that were written") }
        let vault = try Vault(
            directory: "\(path)/keys/none", tenants: "\(path)/keys", masterKey: Self.masterKey, isReadOnly: true)
        let log = try EventLog.open(
            directory: directory, mode: .reader, options: Self.options, keys: TenantKeys(store: vault))
        return (log, built)
    }

    /// Writes a log with all kinds of events, as this version does.
    static func write(as name: String, in temporary: String) async throws {
        let golden = GoldenLog(path: "\(folder)/\(name)")
        let vault = try Vault(
            directory: "\(temporary)/credentials", tenants: "\(golden.path)/keys", masterKey: masterKey)
        let log = try EventLog.open(
            directory: "\(temporary)/log", mode: .writer, options: options, keys: TenantKeys(store: vault))
        let writer = try EventLogWriter(log: log, follower: NoFollower(), executor: ThreadExecutor())
        var stream = EventStream(seed: UInt64(name) ?? 1)
        for entry in stream.next(eventCount) { _ = try await writer.append([entry.draft], at: entry.time) }
        var generator = stream.generator
        for kind in EventKind.allCases {
            // Even an unlucky seed leaves none out.
            let draft = EventDraft(generator.event(kind), tenant: TenantID(1))
            _ = try await writer.append([draft], at: stream.time)
        }
        await writer.stop()
        var encoder = LogFileEncoder(.protobuf)
        var bytes = encoder.start(from: LogPosition(0))
        try log.read { snapshot in
            try snapshot.forEach { position, record in
                bytes += encoder.record(record.withUnsafeBytes { Array($0) }, at: position) { [] }
            }
            bytes += encoder.end(TreeHead(size: snapshot.count, root: try snapshot.root()))
        }
        try Data(bytes).write(to: URL(fileURLWithPath: "\(golden.path)/log"))
    }

    private static let options = EventLogOptions { $0.mapSizeBytes = 1 << 30 }
}

struct GoldenFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Folds nothing.
private struct NoFollower: LogFollower {
    func fold(_ batch: CommittedBatch) throws {}
    func lastPosition(of repository: RepositoryID) throws -> LogPosition? { nil }
    func holder(of claim: Claim) throws -> LogPosition? { nil }
}
