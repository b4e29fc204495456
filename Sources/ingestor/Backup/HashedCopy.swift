import Events
import Glibc
import OpenSSL

/// Copies and reads files, and says what they hash to.
enum HashedCopy {
    private static let pieceByteCount = 1 << 20

    /// Copies a file as it is when this is called; what grows behind that is left out. When this returns the copy is durable, and
    /// under its name either whole or not there.
    static func copy(_ source: String, to target: String, mode: mode_t = 0o600) throws(SystemError) -> (
        byteCount: UInt64, sha256: SHA256Hash
    ) {
        let input = try FileDescriptor(open: source, O_RDONLY | O_NOFOLLOW)
        var status = stat()
        guard fstat(input.rawValue, &status) == 0 else { throw SystemError("fstat", source) }
        let temporary = target + ".new"
        let result: (byteCount: UInt64, sha256: SHA256Hash)
        do {
            let output = try FileDescriptor(open: temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
            result = try read(input, source, atMost: UInt64(status.st_size)) { piece throws(SystemError) in
                try output.write(piece, path: temporary)
            }
            try output.synchronize(path: temporary)
        }
        try FileSystem.renameDurably(temporary, to: target)
        return result
    }

    /// What a whole file hashes to.
    static func hash(_ path: String) throws(SystemError) -> (byteCount: UInt64, sha256: SHA256Hash) {
        try read(try FileDescriptor(open: path, O_RDONLY | O_NOFOLLOW), path, atMost: .max) { _ in }
    }

    private static func read(
        _ file: borrowing FileDescriptor, _ path: String, atMost limit: UInt64,
        _ body: (UnsafeRawBufferPointer) throws(SystemError) -> Void
    ) throws(SystemError) -> (byteCount: UInt64, sha256: SHA256Hash) {
        var digest = Digest(.sha256)
        var piece = [UInt8](repeating: 0, count: pieceByteCount)
        var total: UInt64 = 0
        let descriptor = file.rawValue
        while total < limit {
            let wanted = Int(min(UInt64(piece.count), limit - total))
            let count = try FileDescriptor.check("read", path) {
                piece.withUnsafeMutableBytes { Int32(Glibc.read(descriptor, $0.baseAddress, wanted)) }
            }
            if count == 0 { break }
            let outcome = piece.withUnsafeBytes { bytes -> Result<Void, SystemError> in
                let read = UnsafeRawBufferPointer(rebasing: bytes[..<count.asInt])
                digest.update(read)
                do throws(SystemError) { return .success(try body(read)) } catch { return .failure(error) }
            }
            try outcome.get()
            total += UInt64(count)
        }
        guard let hash = SHA256Hash(digest.finish()) else { preconditionFailure("a SHA-256 has 32 bytes") }
        return (total, hash)
    }
}

/// Writes a file piece by piece, and keeps account of it. Under its name it is whole or not there.
final class HashedWriter {
    private let file: FileDescriptor
    private let path: String
    private var digest = Digest(.sha256)
    private(set) var byteCount: UInt64 = 0

    init(_ path: String, mode: mode_t = 0o600) throws(SystemError) {
        self.path = path
        file = try FileDescriptor(open: path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
    }

    func write(_ bytes: [UInt8]) throws(SystemError) {
        digest.update(bytes)
        byteCount += UInt64(bytes.count)
        let (descriptor, path) = (file.rawValue, path)
        var done = 0
        while done < bytes.count {
            done += try FileDescriptor.check("write", path) {
                bytes.withUnsafeBytes {
                    Int32(Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, min(bytes.count - done, 1 << 30)))
                }
            }.asInt
        }
    }

    /// Makes it durable and gives it its name; what it hashes to.
    func finish() throws(SystemError) -> SHA256Hash {
        try file.synchronize(path: path)
        try FileSystem.renameDurably(path + ".new", to: path)
        guard let hash = SHA256Hash(digest.finish()) else { preconditionFailure("a SHA-256 has 32 bytes") }
        return hash
    }
}
