import Events
import GitProtocol
import ProviderKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Walks over a folder, reads and hashes what is in it, ahead of whoever takes that in.
actor FolderReader {
    private var walk: DirectoryWalk
    private let limits: SourceLimits
    private var hasher = ObjectHasher()

    /// How often a file that changes while it is read is begun again.
    static let maximumReadAttempts = 3

    init(_ walk: DirectoryWalk, limits: SourceLimits) {
        self.walk = walk
        self.limits = limits
    }

    /// Fills `batch` anew with what comes next; after the last entry it stays empty.
    func fill(_ batch: ReadBatch) throws {
        batch.removeAll()
        while !batch.isFull, let entry = try walk.next() {
            try Task.checkCancellation()
            switch entry {
            case .file(let path, let name):
                batch.append(path, read(name, into: batch))
            case .symlink(let path, let name):
                batch.append(path, readLink(name, into: batch))
            case .skipped(let path, let isDirectory, let reason):
                batch.append(
                    path, .skipped(mode: isDirectory ? GitMode.tree : GitMode.file, size: 0, reason))
            }
        }
    }

    /// A file that changes while it is read is read again, a few times.
    private func read(_ name: [UInt8], into batch: ReadBatch) -> ReadBatch.Content {
        var mode = GitMode.file
        for _ in 0..<Self.maximumReadAttempts {
            guard let directory = walk.directory(), let file = FileContent(name, in: directory) else {
                return missing(name)
            }
            mode = file.isExecutable ? GitMode.executable : GitMode.file
            if let limit = limits.maximumBlobByteCount, file.size > limit {
                return .skipped(mode: mode, size: file.size, .tooLarge)
            }
            guard file.size <= FileContent.wholeByteCount else {
                return .large(LargeFile(directory: directory, name: name, mode: mode))
            }
            do {
                let count = try file.read(into: batch.free)
                // What grew beyond what is small is looked at again.
                guard count <= FileContent.wholeByteCount else { continue }
                return whole(count, mode, batch)
            } catch {
                return .skipped(mode: mode, size: 0, .unreadable)
            }
        }
        return .skipped(mode: mode, size: 0, .unstable)
    }

    private func readLink(_ name: [UInt8], into batch: ReadBatch) -> ReadBatch.Content {
        guard let target = walk.directory()?.linkTarget(name) else {
            return .skipped(mode: GitMode.symlink, size: 0, .unreadable)
        }
        batch.free.copyBytes(from: target)
        return whole(target.count, GitMode.symlink, batch)
    }

    private func whole(_ count: Int, _ mode: UInt32, _ batch: ReadBatch) -> ReadBatch.Content {
        let range = batch.take(count)
        return .whole(mode: mode, hash: SHA1Hash(hasher.hash(.blob, batch.bytes(range))), range: range)
    }

    /// What cannot be opened, or is no file any more.
    private func missing(_ name: [UInt8]) -> ReadBatch.Content {
        let status = walk.directory()?.status(name)
        let isExecutable = (status?.st_mode ?? 0) & S_IXUSR != 0
        return .skipped(mode: isExecutable ? GitMode.executable : GitMode.file, size: 0, .unreadable)
    }
}
