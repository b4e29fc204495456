import Glibc

/// The steps in which the vault changes what is on disk. A test stops at each of them.
package enum VaultStep: Sendable, Equatable {
    case create(String), write(String), sync(String), rename(String), syncFolder, remove(String), overwrite(String)
}

/// One folder of small files of which each is replaced as a whole or not at all.
struct VaultFolder: Sendable {
    /// What a file is called while it is written. Left behind by a crash, it is swept away at the next opening.
    static let unfinishedSuffix = ".new"

    let path: String
    /// Called before each step; what it throws is passed on, and nothing is cleaned up, as in a crash.
    let before: @Sendable (VaultStep) throws(VaultError) -> Void

    /// Makes the folder where it is missing, for its owner alone, and sweeps away what was never finished.
    func prepare() throws(VaultError) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += part + "/"
            guard part.isEmpty || mkdir(made, 0o700) == 0 || errno == EEXIST else { throw failure("make \(made)") }
        }
        for name in try names() where name.hasSuffix(Self.unfinishedSuffix) { try remove(name) }
    }

    func isThere() throws(VaultError) -> Bool {
        var status = stat()
        if lstat(path, &status) == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw failure("look at \(path)") }
        return false
    }

    func names() throws(VaultError) -> [String] {
        guard let folder = opendir(path) else { throw failure("list \(path)") }
        defer { closedir(folder) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw failure("list \(path)") }
        return names.sorted()
    }

    /// The content of a file; nil where there is none.
    func read(_ name: String, atMost limit: Int) throws(VaultError) -> [UInt8]? {
        let descriptor = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("read \(name)")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let room = bytes.count - count
            let got = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress.map { $0 + count }, room) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure("read \(name)") }
            if got == 0 { break }
            count += got
        }
        guard count <= limit else { throw VaultError(.damaged, "\(path)/\(name) is longer than any file of the vault") }
        return Array(bytes.prefix(count))
    }

    /// Replaces a file. When this returns, it is durable; before, the old one or the new one is there, never a mixture.
    func write(_ name: String, _ bytes: [UInt8]) throws(VaultError) {
        let unfinished = name + Self.unfinishedSuffix
        try before(.create(unfinished))
        let descriptor = open("\(path)/\(unfinished)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("create \(unfinished)") }
        defer { close(descriptor) }
        try before(.write(unfinished))
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure("write \(unfinished)") }
            done += written
        }
        try before(.sync(unfinished))
        guard fsync(descriptor) == 0 else { throw failure("sync \(unfinished)") }
        try before(.rename(name))
        guard rename("\(path)/\(unfinished)", "\(path)/\(name)") == 0 else { throw failure("rename \(unfinished)") }
        try sync()
    }

    /// Removes a file, where there is one, durably.
    func remove(_ name: String) throws(VaultError) {
        try before(.remove(name))
        guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else { throw failure("remove \(name)") }
        try sync()
    }

    /// Removes a file, where there is one, durably, after its bytes were overwritten where they lie.
    func destroy(_ name: String) throws(VaultError) {
        try before(.overwrite(name))
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw failure("overwrite \(name)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("look at \(name)") }
        let nothing = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < nothing.count {
            let written = nothing.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, nothing.count - done, off_t(done))
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure("overwrite \(name)") }
            done += written
        }
        guard fsync(descriptor) == 0 else { throw failure("sync \(name)") }
        try remove(name)
    }

    private func sync() throws(VaultError) {
        try before(.syncFolder)
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync \(path)") }
    }

    private func failure(_ what: String) -> VaultError {
        let number = errno
        let reason = String(cString: strerror(number))
        return VaultError(.io, "cannot \(what) in the vault at \(path): \(reason)", errorNumber: number)
    }
}
