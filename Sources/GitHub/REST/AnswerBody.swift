import Curl
import ProviderKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The body of an answer: in memory while it is small, else in a file that goes with it.
final class AnswerBody {
    /// What came, where it is in memory.
    private(set) var bytes: [UInt8] = []
    private(set) var byteCount: UInt64 = 0
    private let spillPath: String?
    private var descriptor: Int32 = -1

    /// Longer bodies go into a file, where there may be one.
    static let memoryByteCount = 4 << 20
    /// How much of a file is in memory when it is read back.
    private static let pieceByteCount = 256 << 10

    init(spillPath: String? = nil) { self.spillPath = spillPath }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if let spillPath { unlink(spillPath) }
    }

    /// - Throws: ``ProviderError`` (localFailure) where the file cannot be written.
    func append(_ piece: UnsafeRawBufferPointer) throws {
        byteCount += UInt64(piece.count)
        if descriptor < 0 {
            guard let spillPath, bytes.count + piece.count > Self.memoryByteCount else {
                bytes.append(contentsOf: piece)
                return
            }
            try makeFile(spillPath)
            try bytes.withUnsafeBytes { try writeAll($0) }
            bytes = []
        }
        try writeAll(piece)
    }

    /// Hands the body over, piece by piece, as often as it is wanted.
    ///
    /// - Throws: ``ProviderError`` (localFailure), and what `take` throws.
    func forEachPiece(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard descriptor >= 0 else { return try bytes.withUnsafeBytes { try take($0) } }
        try withUnsafeTemporaryAllocation(byteCount: Self.pieceByteCount, alignment: 16) { buffer in
            var offset: off_t = 0
            while offset < byteCount {
                let count = pread(descriptor, buffer.baseAddress, buffer.count, offset)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw Self.failure("read") }
                try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                offset += off_t(count)
            }
        }
    }

    private func makeFile(_ path: String) throws {
        try makeDirectory(above: path)
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("make") }
    }

    private func makeDirectory(above path: String) throws {
        var directory = ""
        for name in path.split(separator: "/").dropLast() {
            directory += (directory.isEmpty && !path.hasPrefix("/") ? "" : "/") + name
            if mkdir(directory, 0o700) != 0 && errno != EEXIST && errno != EISDIR && errno != EROFS {
                throw Self.failure("make a directory for")
            }
        }
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    private static func failure(_ verb: String) -> ProviderError {
        .transient(
            .localFailure,
            "cannot \(verb) a file in the spool: \(String(cString: strerror(errno))); make room for it, or move it")
    }
}
