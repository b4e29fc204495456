import Events
import Synchronization

/// The shards' files that are open for reading, each checked when it was opened.
final class ShardFiles: Sendable {
    private let directory: ShardDirectory
    private let benches: WorkbenchPool
    private let files = Mutex<[ShardID: ShardFile]>([:])

    /// Most files that are kept open.
    static let maximumCount = 128

    init(_ directory: ShardDirectory, _ benches: WorkbenchPool) {
        self.directory = directory
        self.benches = benches
    }

    func close(_ id: ShardID) {
        files.withLock { $0[id] = nil }
    }

    func file(_ id: ShardID) throws(SiloError) -> ShardFile {
        if let file = files.withLock({ $0[id] }) { return file }
        let file = try ShardFile.open(id, in: directory)
        _ = try benches.with { (bench) throws(SiloError) in try file.header(&bench.digest) }
        files.withLock { files in
            // Who still reads from one keeps it open.
            if files.count >= Self.maximumCount { files.removeAll() }
            files[id] = file
        }
        return file
    }
}
