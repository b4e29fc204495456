#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An open directory: what is in it is reached by its name, without looking up a whole path each time, and without following
/// a link that takes a directory's place meanwhile.
final class OpenDirectory: Sendable {
    private let descriptor: Int32

    /// What a directory lists.
    struct Entry {
        /// With a slash at the end of a directory's, so that names sort as Git sorts paths.
        var key: [UInt8]
        var kind: Kind

        var isDirectory: Bool { kind == .directory }
        var name: [UInt8] { isDirectory ? Array(key.dropLast()) : key }
    }

    enum Kind {
        case file, directory, symlink
        /// A socket, a pipe or a device.
        case other
    }

    /// Nil where it cannot be opened; then `errno` says why.
    init?(path: [UInt8]) {
        descriptor = open(Self.terminated(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
    }

    /// Nil where it cannot be opened, or is no directory any more.
    init?(name: [UInt8], in parent: OpenDirectory) {
        descriptor = openat(
            parent.descriptor, Self.terminated(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
    }

    deinit {
        // A close that fails would say why in place of what could not be opened.
        if descriptor >= 0 { close(descriptor) }
    }

    /// What it lists, the last name first; nil where it cannot be read.
    func entries() -> [Entry]? {
        let copy = dup(descriptor)
        guard copy >= 0 else { return nil }
        guard let stream = fdopendir(copy) else {
            close(copy)
            return nil
        }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                Array(bytes[..<(bytes.firstIndex(of: 0) ?? bytes.count)])
            }
            if name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { continue }
            let kind = kind(entry.pointee.d_type, name)
            entries.append(Entry(key: kind == .directory ? name + [UInt8(ascii: "/")] : name, kind: kind))
        }
        guard errno == 0 else { return nil }
        entries.sort { Self.precedes($1.key, $0.key) }
        return entries
    }

    /// Opens a regular file for reading; nil where it cannot be opened.
    func openFile(_ name: [UInt8]) -> Int32? {
        let opened = openat(descriptor, Self.terminated(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        return opened >= 0 ? opened : nil
    }

    /// What the system says of a name, itself and not what it points to.
    func status(_ name: [UInt8]) -> stat? {
        var status = stat()
        return fstatat(descriptor, Self.terminated(name), &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
    }

    /// Length of a file; 0 where it is gone.
    func byteCount(of name: [UInt8]) -> UInt64 { UInt64(status(name)?.st_size ?? 0) }

    /// The target of a symbolic link; nil where it cannot be read.
    func linkTarget(_ name: [UInt8]) -> [UInt8]? {
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = target.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { readlinkat(descriptor, Self.terminated(name), $0, characters.count) } ?? -1
            }
        }
        guard count >= 0 else { return nil }
        return Array(target[..<count])
    }

    private func kind(_ type: UInt8, _ name: [UInt8]) -> Kind {
        switch Int32(type) {
        case Int32(DT_REG): return .file
        case Int32(DT_DIR): return .directory
        case Int32(DT_LNK): return .symlink
        // Some file systems do not say it.
        case Int32(DT_UNKNOWN): break
        default: return .other
        }
        switch (status(name)?.st_mode ?? 0) & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        case S_IFLNK: return .symlink
        default: return .other
        }
    }

    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                guard let one = left.baseAddress, let other = right.baseAddress else { return left.count < right.count }
                let order = memcmp(one, other, min(left.count, right.count))
                return order < 0 || order == 0 && left.count < right.count
            }
        }
    }

    /// The bytes with a NUL at their end, as C wants them.
    private static func terminated(_ bytes: [UInt8]) -> [CChar] {
        var characters: [CChar] = []
        characters.reserveCapacity(bytes.count + 1)
        for byte in bytes { characters.append(CChar(bitPattern: byte)) }
        characters.append(0)
        return characters
    }
}
