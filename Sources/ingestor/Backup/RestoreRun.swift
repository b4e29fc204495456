import EventLog
import Events
import Queries

/// Makes a data directory from a backup. Until all is there it is no data directory: the file that says so comes last.
struct RestoreRun {
    let context: Context
    /// Where the backup lies.
    let directory: String
    let until: Moment?

    /// What stands in a data directory that is not complete. Another run begins anew there.
    static let marker = "RESTORING"

    struct Outcome {
        var manifest: BackupManifest
        var head: TreeHead
        var byteCount: UInt64
        var isWhole: Bool { head.size == manifest.events }
    }

    func run() throws -> Outcome {
        let data = context.data
        let path = "\(directory)/\(BackupManifest.name)"
        guard try FileSystem.kind(path) == .file else {
            throw CommandError("\(directory) holds no complete backup: \(BackupManifest.name) is missing")
        }
        let manifest = try BackupManifest(parsing: FileSystem.read(path, limit: 1 << 30), of: path)
        try prepare()
        var byteCount: UInt64 = 0
        for entry in manifest.files {
            try Task.checkCancellation()
            context.output.progress("copying \(entry.target), \(Units.bytes(byteCount)) so far")
            if let parent = entry.target.lastIndex(of: "/") {
                try FileSystem.makeDirectory("\(data.path)/\(entry.target[..<parent])")
            }
            let copied = try HashedCopy.copy("\(directory)/\(entry.name)", to: "\(data.path)/\(entry.target)")
            guard copied == (entry.byteCount, entry.sha256) else { throw damaged(entry) }
            byteCount += copied.byteCount
        }
        let head = try buildLog(manifest, &byteCount)
        try FileSystem.writeDurably(Array((DataDirectory.format + "\n").utf8), to: data.formatFile)
        try FileSystem.removeTree("\(data.path)/\(Self.marker)")
        context.output.clearProgress()
        return Outcome(manifest: manifest, head: head, byteCount: byteCount)
    }

    /// An empty directory, or one in which a restore was cut.
    private func prepare() throws {
        let data = context.data
        let marker = "\(data.path)/\(Self.marker)"
        if try FileSystem.kind(data.path) != .missing, try !FileSystem.names(in: data.path).isEmpty {
            // Cut while the mark itself was written, there is nothing but its beginning.
            let isBegun = try FileSystem.names(in: data.path) == [Array("\(Self.marker).new".utf8)]
            let isMarked = try FileSystem.kind(marker) == .file && FileSystem.kind(data.formatFile) == .missing
            guard isBegun || isMarked else {
                throw CommandError("\(data.path) is not empty: name a new data directory with --data")
            }
            for name in try FileSystem.names(in: data.path).map({ String(decoding: $0, as: UTF8.self) })
            where name != Self.marker {
                try FileSystem.removeTree("\(data.path)/\(name)")
            }
        }
        try FileSystem.makeDirectory(data.path)
        try FileSystem.writeDurably([], to: marker)
        for directory in [data.state, data.silo, data.keys, data.spool] { try FileSystem.makeDirectory(directory) }
    }

    /// The log up to the moment. All of it is read in any case: what is left out is the rest of the same log.
    private func buildLog(_ manifest: BackupManifest, _ byteCount: inout UInt64) throws -> TreeHead {
        var builder = try LogBuilder(directory: context.data.log)
        var whole = RecordTree()
        let end: UInt64
        switch until {
        case nil, .time: end = manifest.events
        case .position(let position):
            guard position.rawValue < manifest.events else {
                throw CommandError("the backup ends with event \(manifest.events), before \(position.rawValue)")
            }
            end = position.rawValue + 1
        case .id(let hash): throw CommandError.usage("\(hash.hex) is an id: give a position or a time here")
        }
        var last: Timestamp?
        if case .time(let time) = until { last = time }
        for segment in manifest.segments {
            let path = "\(directory)/\(segment.file.name)"
            let (size, hash) = try HashedCopy.hash(path)
            guard size == segment.file.byteCount, hash == segment.file.sha256 else { throw damaged(segment.file) }
            byteCount += size
            var decoder = LogFileDecoder(try LogSegments.source(path))
            var position = segment.from
            while let frame = try decoder.frame() {
                guard case .record(let found, let record) = frame else { continue }
                guard found.rawValue == position else { throw damaged(segment.file) }
                try whole.append(record)
                let isLater = try last.map { try RecordHeader(record: record.span.bytes, at: found).time > $0 } ?? false
                if position < end, !isLater, builder.count == position { try builder.append(record) }
                position += 1
                if position.isMultiple(of: 4096) {
                    try Task.checkCancellation()
                    context.output.progress(position, of: manifest.events, "log")
                }
            }
            guard position == segment.to else { throw damaged(segment.file) }
        }
        guard whole.head() == TreeHead(size: manifest.events, root: manifest.root) else {
            throw CommandError(
                "the log in \(directory) is not the one that its manifest names: use another backup", status: .damage)
        }
        return try builder.finish()
    }

    private func damaged(_ entry: BackupManifest.Entry) -> CommandError {
        CommandError(
            "\(directory)/\(entry.name) is not as it was written: use another backup. \(context.data.path) is not complete",
            status: .damage)
    }
}
