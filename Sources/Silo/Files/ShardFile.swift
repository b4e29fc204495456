import Events
import Glibc
import OpenSSL
import Synchronization

/// A shard's file, open. It stays readable when the file is sealed, or deleted, under its feet.
final class ShardFile: Sendable {
    let id: ShardID
    let descriptor: CInt
    private let keys: (any ContentKeys)?
    private let lock = Mutex<Lock>(.unknown)

    private enum Lock {
        case unknown
        /// What its payloads are sealed with; nil: they stand in clear.
        case known(ShardCipher?)
    }

    init(id: ShardID, descriptor: CInt, keys: (any ContentKeys)?) {
        self.id = id
        self.descriptor = descriptor
        self.keys = keys
    }

    deinit { Glibc.close(descriptor) }

    /// Opens the file of `id`, whichever of its two names it has.
    ///
    /// - Throws: `SiloError` with `.damaged` where there is no such file.
    static func open(_ id: ShardID, in directory: ShardDirectory, forWriting: Bool = false) throws(SiloError)
        -> ShardFile
    {
        let flags = (forWriting ? O_RDWR : O_RDONLY) | O_CLOEXEC
        // Sealing renames it; so the first name is tried again after the second.
        for isSealed in [true, false, true] {
            let path = directory.path(of: id, isSealed: isSealed)
            let descriptor = Glibc.open(path, flags)
            if descriptor >= 0 { return ShardFile(id: id, descriptor: descriptor, keys: directory.keys) }
            if errno != ENOENT { throw SiloError(errno, while: "opening \(path)", shard: id) }
        }
        throw SiloError.damaged("its file is missing from \(directory.path)", id)
    }

    /// Length in bytes.
    func byteCount() throws(SiloError) -> UInt64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw SiloError(errno, while: "reading a shard's length", shard: id)
        }
        return UInt64(status.st_size)
    }

    /// Reads what there is at `offset`.
    ///
    /// - Returns: how many bytes; fewer than `buffer` has only where the file ends.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SiloError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset) + off_t(done))
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw SiloError(errno, while: "reading shard \(id.rawValue) at \(offset)", shard: id)
            }
        }
        return done
    }

    /// The `count` bytes at `offset`, or fewer where the file ends.
    func read(_ count: Int, at offset: UInt64) throws(SiloError) -> [UInt8] {
        var failure: SiloError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(SiloError) {
                initialized = try read(
                    into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]),
                    at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// The header, checked.
    func header(_ digest: inout Digest) throws(SiloError) -> ShardHeader {
        try ShardHeader(try read(ShardHeader.byteCount, at: 0), expected: id, &digest)
    }

    /// What its payloads are sealed with; nil where they stand in clear. A header that is damaged says nothing: what is sealed
    /// does not decode then, and that is what is reported.
    ///
    /// - Throws: `SiloError` (encrypted) where the key is not to be had.
    func cipher() throws(SiloError) -> ShardCipher? {
        try lock.withLock { (lock) throws(SiloError) in
            if case .known(let cipher) = lock { return cipher }
            var cipher: ShardCipher?
            do throws(SiloError) {
                var digest = Digest(.sha256)
                let header = try header(&digest)
                if header.key != .none { cipher = try ShardCipher(header, keys) }
            } catch {
                guard error.code == .damaged else { throw error }
            }
            lock = .known(cipher)
            return cipher
        }
    }

    /// The trailer of a sealed shard, checked.
    func trailer(_ digest: inout Digest) throws(SiloError) -> ShardTrailer {
        let length = try byteCount()
        let start = length - min(length, UInt64(ShardTrailer.byteCount))
        let bytes = try read(ShardTrailer.byteCount, at: start)
        do {
            return try ShardTrailer(bytes, fileByteCount: length, &digest)
        } catch {
            throw SiloError.damaged(error.reason, id)
        }
    }

    /// SHA-256 of the whole file.
    func contentHash(_ digest: inout Digest) throws(SiloError) -> SHA256Hash {
        var window = FileWindow(self, end: try byteCount())
        var offset: UInt64 = 0
        digest.reset()
        while let bytes = try window.next(at: offset), !bytes.isEmpty {
            digest.update(bytes)
            offset += UInt64(bytes.count)
        }
        return SHA256Hash.finish(&digest)
    }
}
