import LMDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The few calls on directories that a state needs.
enum Directories {
    /// Makes `path` and what is missing above it.
    static func create(_ path: String) throws(StateError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw failure("mkdir", path)
        }
        try create(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("mkdir", path) }
    }

    /// The names in a directory; none where it is not there.
    static func names(in path: String) throws(StateError) -> [String] {
        guard let listing = opendir(path) else {
            guard errno == ENOENT else { throw failure("opendir", path) }
            return []
        }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes the directory of an LMDB environment, if there is one, with the files in it.
    static func removeEnvironment(_ path: String) throws(StateError) {
        for name in try names(in: path) { try remove("\(path)/\(name)") }
        guard rmdir(path) == 0 || errno == ENOENT else { throw failure("rmdir", path) }
    }

    /// Whether there is a file.
    static func isThere(_ path: String) throws(StateError) -> Bool {
        var status = stat()
        guard stat(path, &status) != 0 else { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw failure("stat", path) }
        return false
    }

    /// Removes a file, if there is one.
    static func remove(_ path: String) throws(StateError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("unlink", path) }
    }

    /// The names in a directory are on the device when this returns.
    static func sync(_ path: String) throws(StateError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
    }

    /// Puts the environment in `new` in the place of the one in `path`, if there is one. At each moment one of them is there,
    /// where the file system can exchange names; else an interruption may leave none.
    static func replaceEnvironment(_ path: String, with new: String) throws(StateError) {
        if Environment.exchange(path, new) { return try removeEnvironment(new) }
        try removeEnvironment(path)
        guard rename(new, path) == 0 else { throw failure("rename", path) }
    }

    static func failure(_ call: String, _ path: String) -> StateError {
        StateError(.storage, "\(call) failed at \(path): \(String(cString: strerror(errno)))")
    }
}
