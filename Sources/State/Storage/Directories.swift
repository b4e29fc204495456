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

    /// Removes the directory of an LMDB environment, if there is one, with the files in it.
    static func removeEnvironment(_ path: String) throws(StateError) {
        guard let listing = opendir(path) else {
            guard errno == ENOENT else { throw failure("opendir", path) }
            return
        }
        var names: [String] = []
        while let entry = readdir(listing) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
                })
        }
        closedir(listing)
        for name in names where name != "." && name != ".." {
            guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else { throw failure("unlink", "\(path)/\(name)") }
        }
        guard rmdir(path) == 0 || errno == ENOENT else { throw failure("rmdir", path) }
    }

    /// Puts the environment in `new` in the place of the one in `path`. An interruption leaves the old one or none.
    static func replaceEnvironment(_ path: String, with new: String) throws(StateError) {
        try removeEnvironment(path)
        guard rename(new, path) == 0 else { throw failure("rename", path) }
    }

    static func failure(_ call: String, _ path: String) -> StateError {
        StateError(.storage, "\(call) failed at \(path): \(String(cString: strerror(errno)))")
    }
}
