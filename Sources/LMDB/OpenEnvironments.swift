import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The environments that are open in this process, by directory. LMDB forbids to open one twice: POSIX record locks
/// belong to the process, so closing the second would drop the locks of the first.
enum OpenEnvironments {
    struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private static let registered = Mutex<Set<Identity>>([])

    /// Registers the directory at `path`.
    static func register(_ path: String) throws(LMDBError) -> Identity {
        var status = stat()
        guard stat(path, &status) == 0 else { throw LMDBError(code: .init(rawValue: errno), call: "stat", path: path) }
        let identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        guard registered.withLock({ $0.insert(identity).inserted }) else {
            throw LMDBError(code: .alreadyOpen, call: "mdb_env_open", path: path)
        }
        return identity
    }

    static func unregister(_ identity: Identity) {
        registered.withLock { _ = $0.remove(identity) }
    }
}
