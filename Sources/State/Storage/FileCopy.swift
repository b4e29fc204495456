import EventLog
import Events

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads, copies and writes whole files, and hashes what goes through.
enum FileCopy {
    private static let bufferByteCount = 1 << 20

    /// Length and SHA-256 of a file.
    static func hash(_ path: String) throws(StateError) -> (byteCount: UInt64, hash: SHA256Hash) {
        try copy(path, into: nil, "")
    }

    /// Copies a file to a new one, which is on the device when this returns.
    static func copy(_ path: String, to new: String) throws(StateError) -> (byteCount: UInt64, hash: SHA256Hash) {
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Directories.failure("open", new) }
        defer { close(descriptor) }
        let result = try copy(path, into: descriptor, new)
        guard fsync(descriptor) == 0 else { throw Directories.failure("fsync", new) }
        return result
    }

    private static func copy(
        _ path: String, into target: Int32?, _ new: String
    ) throws(StateError) -> (byteCount: UInt64, hash: SHA256Hash) {
        let source = try openForReading(path)
        defer { close(source) }
        var hasher = SHA256Hasher()
        var byteCount: UInt64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferByteCount, alignment: 4096)
        defer { buffer.deallocate() }
        var isAtEnd = false
        while !isAtEnd {
            let count = read(source, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Directories.failure("read", path) }
            isAtEnd = count == 0
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hasher.update(piece)
            byteCount += UInt64(count)
            if let target { try append(piece, to: target, new) }
        }
        return (byteCount, hasher.finish())
    }

    /// All bytes of a small file.
    ///
    /// - Throws: `StateError` with the code `missing` where there is none.
    static func contents(of path: String, limit: Int) throws(StateError) -> [UInt8] {
        let source = try openForReading(path)
        defer { close(source) }
        var bytes = [UInt8](repeating: 0, count: limit)
        var length = 0
        while length < limit {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(source, buffer.baseAddress.map { $0 + length }, limit - length)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Directories.failure("read", path) }
            if count == 0 { break }
            length += count
        }
        return Array(bytes[..<length])
    }

    /// A new file, on the device when this returns.
    static func create(_ path: String, holding bytes: [UInt8]) throws(StateError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Directories.failure("open", path) }
        defer { close(descriptor) }
        let outcome = bytes.withUnsafeBytes { bytes in
            Result { () throws(StateError) in try append(bytes, to: descriptor, path) }
        }
        try outcome.get()
        guard fsync(descriptor) == 0 else { throw Directories.failure("fsync", path) }
    }

    private static func openForReading(_ path: String) throws(StateError) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw StateError(.missing, "\(path) is missing") }
            throw Directories.failure("open", path)
        }
        return descriptor
    }

    private static func append(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws(StateError)
    {
        var start = 0
        while start < bytes.count {
            let written = write(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Directories.failure("write", path) }
            start += written
        }
    }
}
