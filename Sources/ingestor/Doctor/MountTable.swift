import Glibc

/// What is mounted where: `/proc/self/mountinfo`, see proc(5).
enum MountTable {
    /// The kind of the file system on which a path lies, such as `ext4`.
    static func fileSystem(of path: String) throws -> String {
        guard let resolved = realpath(path, nil) else { throw SystemError("realpath", path) }
        defer { free(resolved) }
        let table = try FileSystem.read("/proc/self/mountinfo", limit: 16 << 20)
        return fileSystem(of: String(cString: resolved), in: String(decoding: table, as: UTF8.self)) ?? "unknown"
    }

    /// Of the mounts above a path the longest counts; of several at one place the last.
    static func fileSystem(of path: String, in table: String) -> String? {
        var best: (mount: String, kind: String)?
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count > 4, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
            let mount = fields[4].replacing("\\040", with: " ")
            guard path == mount || path.hasPrefix(mount == "/" ? "/" : mount + "/") else { continue }
            if mount.utf8.count >= best?.mount.utf8.count ?? 0 { best = (mount, fields[dash + 1]) }
        }
        return best?.kind
    }
}
