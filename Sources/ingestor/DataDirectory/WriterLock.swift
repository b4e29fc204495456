import Glibc

/// The right to write: one process at a time has it. The file names the process and its command for others to read.
///
/// `@unchecked Sendable`: the descriptor never changes and is closed once, by `deinit`.
final class WriterLock: @unchecked Sendable {
    private let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Takes the lock if nobody has it.
    static func acquire(_ directory: DataDirectory, command: String) throws(SystemError) -> WriterLock? {
        let path = directory.lockFile
        let descriptor = try FileDescriptor.check("open", path) {
            open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        }
        let lock = WriterLock(descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return nil }
            throw SystemError("flock", path)
        }
        let text = Array("\(getpid()) \(command)\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            throw SystemError("write", path)
        }
        return lock
    }

    deinit { close(descriptor) }

    /// Who holds it, as the file says: `process 123 (ingestor sync)`.
    static func holder(_ directory: DataDirectory) -> String {
        let text: String
        do {
            text = String(decoding: try FileSystem.read(directory.lockFile, limit: 4096), as: UTF8.self)
        } catch {
            return "another process"
        }
        let words = text.split(separator: "\n").first.map(String.init)?.split(separator: " ", maxSplits: 1) ?? []
        guard words.count == 2, let process = Int32(words[0]) else { return "another process" }
        return "process \(process) (ingestor \(Printable.text(String(words[1]))))"
    }
}
