import Glibc

/// The calls that change what is on disk. Tests put faults in their place.
struct Disk: Sendable {
    /// As `pwrite`: how many bytes were written, or −1 and `errno`.
    var write: @Sendable (CInt, UnsafeRawBufferPointer, UInt64) -> Int = { descriptor, bytes, offset in
        pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
    }
    /// As `fdatasync`: a file's bytes and length, not its times. For a directory as `fsync`.
    var sync: @Sendable (CInt) -> CInt = { fdatasync($0) }
    var truncate: @Sendable (CInt, UInt64) -> CInt = { ftruncate($0, off_t($1)) }
    var rename: @Sendable (String, String) -> CInt = { Glibc.rename($0, $1) }

    /// Writes all of `bytes`, in as many calls as it takes.
    ///
    /// - Returns: 0, or `errno`. After an error any part of the bytes may have been written.
    func writeAll(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> CInt {
        var done = 0
        while done < bytes.count {
            let written = write(
                descriptor, UnsafeRawBufferPointer(rebasing: bytes[done...]), offset + UInt64(done))
            if written > 0 {
                done += written
            } else if written == 0 {
                // POSIX allows it, and trying for ever would hang: taken for a full disk.
                return ENOSPC
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}
