import CBuild
import Glibc

/// Whether a crash of this process leaves its memory in a file, and with it the keys and secrets that it holds.
enum CoreDumps {
    /// Called before anything secret is read. The limit holds for what this process starts, the other for itself: it counts where the
    /// system hands dumps to a program, whatever the limit.
    ///
    /// - Returns: what had to be told of, where the system refuses.
    static func forbid() -> String? {
        var none = rlimit(rlim_cur: 0, rlim_max: Self.limit().rlim_max)
        guard setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0, ingestor_set_dumpable(0) == 0 else {
            return "core dumps could not be turned off: \(String(cString: strerror(errno)))"
        }
        return nil
    }

    /// Takes it back, for whoever debugs.
    static func allow() {
        var all = rlimit(rlim_cur: Self.limit().rlim_max, rlim_max: Self.limit().rlim_max)
        // Where the system refuses there will be no dump, and that is all.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &all)
        _ = ingestor_set_dumpable(1)
    }

    private static func limit() -> rlimit {
        var limit = rlimit()
        _ = getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        return limit
    }
}
