import Events
import GitProtocol
import ProviderKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The packs of one sync on disk. One is received under a name of its own and renamed once it is whole, so that what an
/// attempt left behind that was cut is either whole or not there.
struct Spool {
    let directory: String
    let limits: PackLimits

    init(source: Source) {
        directory = source.spoolDirectory
        var limits = PackLimits()
        limits.maxPackBytes = source.limits.maximumSpoolByteCount
        self.limits = limits
    }

    /// - Throws: ``ProviderError`` (localFailure) where the directory cannot be made.
    func prepare() throws {
        guard makeDirectories(directory) else {
            throw ProviderError.transient(
                .localFailure, "the spool \(directory) cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    func path(of name: String) -> String { "\(directory)/\(name).pack" }

    /// A whole pack that an earlier attempt left; nil where there is none.
    ///
    /// A damaged one is deleted and counts as none.
    func open(_ name: String, bases: any BaseProvider) throws -> Pack? {
        guard access(path(of: name), F_OK) == 0 else { return nil }
        do {
            return try Pack.open(path: path(of: name), limits: limits, bases: bases)
        } catch is GitFormatError {
            unlink(path(of: name))
            return nil
        }
    }

    /// Receives a pack, and gives it its name once it is whole and every object in it is sound.
    ///
    /// - Parameters:
    ///   - observer: is shown every object while they arrive, before that is known.
    ///   - progress: called whenever some more was received.
    func receive(
        _ name: String, bases: any BaseProvider, observer: (any PackObserver)? = nil,
        progress: @escaping (PackSpool) -> Void = { _ in }, _ fetch: (PackSpool) throws -> Void
    ) throws -> Pack {
        try prepare()
        let partial = path(of: name) + ".partial"
        do {
            let spool = try PackSpool(path: partial, limits: limits, observer: observer, progress: progress)
            try fetch(spool)
            let pack = try spool.finish(bases: bases)
            guard rename(partial, path(of: name)) == 0 else {
                throw ProviderError.transient(
                    .localFailure, "the pack cannot be renamed: \(String(cString: strerror(errno)))")
            }
            return pack
        } catch {
            unlink(partial)
            throw error
        }
    }
}

/// Makes a directory with those above it, unless they are there.
///
/// - Returns: false where that failed, with the reason in `errno`.
func makeDirectories(_ directory: String) -> Bool {
    var path = ""
    for name in directory.split(separator: "/", omittingEmptySubsequences: false) {
        path += path.isEmpty && name.isEmpty ? "/" : path.isEmpty || path == "/" ? "\(name)" : "/\(name)"
        if mkdir(path, 0o700) != 0 && errno != EEXIST && errno != EISDIR && errno != EROFS { return false }
    }
    return true
}
