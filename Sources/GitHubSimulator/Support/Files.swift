import Glibc

/// Whole files, in one call.
enum Files {
    /// nil where there is none.
    static func read(_ path: String) throws -> [UInt8]? {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else {
            if errno == ENOENT || errno == ENOTDIR || errno == EISDIR { return nil }
            throw SimulatorError.system("open \(path)")
        }
        let file = Descriptor(number)
        var status = stat()
        guard fstat(number, &status) == 0 else { throw SimulatorError.system("fstat \(path)") }
        // A folder opens for reading too.
        if status.st_mode & S_IFMT != S_IFREG { return nil }
        var bytes: [UInt8] = []
        while let more = try file.readNow(upTo: max(Int(status.st_size) - bytes.count, 4096)), !more.isEmpty {
            bytes += more
        }
        return bytes
    }

    /// Makes the file, or what stands in it anew.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard number >= 0 else { throw SimulatorError.system("open \(path)") }
        let file = Descriptor(number)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SimulatorError.system("write \(path)") }
            written += count
        }
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw SimulatorError.system("mkdir \(path)")
        }
        try makeFolder(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw SimulatorError.system("mkdir \(path)") }
    }

    /// The names in a folder, sorted; none where there is no folder.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
