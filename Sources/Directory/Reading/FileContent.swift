#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One open file: read whole where it is small, in pieces where it is not.
struct FileContent: ~Copyable {
    private let descriptor: Int32
    /// Length when it was opened, in bytes.
    let size: UInt64
    let isExecutable: Bool

    /// Files up to this many bytes are read once and kept in memory while they are hashed and stored.
    static let wholeByteCount = 4 << 20
    /// Larger ones are read in pieces of this many bytes.
    static let pieceByteCount = 1 << 20

    /// Nil where it cannot be opened, or is no regular file any more.
    init?(_ name: [UInt8], in directory: OpenDirectory) {
        guard let opened = directory.openFile(name) else { return nil }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            return nil
        }
        descriptor = opened
        size = UInt64(status.st_size)
        isExecutable = status.st_mode & S_IXUSR != 0
    }

    deinit { close(descriptor) }

    /// Reads as much as there is and fits.
    ///
    /// - Returns: bytes read.
    /// - Throws: ``FileUnreadable``.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled, off_t(filled))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileUnreadable() }
            guard count > 0 else { break }
            filled += count
            // A regular file ends where a read comes back short, and that is where it was to end.
            if filled == size { break }
        }
        return filled
    }

    /// Reads from the beginning to the end of the file as it is now.
    ///
    /// - Throws: ``FileUnreadable``.
    func forEachPiece(using buffer: UnsafeMutableRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void)
        throws
    {
        var offset = 0
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileUnreadable() }
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += count
        }
    }
}

/// A file that was there could not be read to its end.
struct FileUnreadable: Error {}
