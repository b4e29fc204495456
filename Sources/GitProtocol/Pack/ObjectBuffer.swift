import Glibc

/// Memory for one object. Small ones lie on the heap; great ones in an unlinked file that is mapped, so that the
/// system may write them out and they never count as anonymous memory.
final class ObjectBuffer {
    let bytes: UnsafeMutableRawBufferPointer
    private let isMapped: Bool

    var content: UnsafeRawBufferPointer { UnsafeRawBufferPointer(bytes) }

    init(byteCount: Int, maxHeapBytes: Int, scratchDirectory: String) throws(GitFormatError) {
        guard byteCount > maxHeapBytes else {
            bytes = .allocate(byteCount: byteCount, alignment: 16)
            isMapped = false
            return
        }
        var name = Array("\(scratchDirectory)/object-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw .fileSystem("make a scratch file in \(scratchDirectory)") }
        defer { close(descriptor) }
        unlink(name)
        // Blocks are reserved now: a full disk is an error here, and a SIGBUS at the first write otherwise.
        let reserved = posix_fallocate(descriptor, 0, byteCount)
        guard reserved == 0 else {
            throw .fileSystem("reserve \(byteCount) bytes in \(scratchDirectory)", errorNumber: reserved)
        }
        guard let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            address != MAP_FAILED
        else { throw .fileSystem("map a scratch file in \(scratchDirectory)") }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
        isMapped = true
    }

    /// A buffer on the heap.
    init(byteCount: Int) {
        bytes = .allocate(byteCount: byteCount, alignment: 16)
        isMapped = false
    }

    deinit {
        if isMapped { munmap(bytes.baseAddress, bytes.count) } else { bytes.deallocate() }
    }
}

extension GitFormatError {
    /// The failure of a system call that just set `errno`.
    static func fileSystem(_ action: String, errorNumber: Int32 = errno) -> GitFormatError {
        GitFormatError(
            .fileSystem, "could not \(action): \(String(cString: strerror(errorNumber)))", errorNumber: errorNumber)
    }
}
