import CLMDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why LMDB, or the operating system under it, refused something.
public struct LMDBError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong. More codes may come, so a `switch` over them needs a `default`.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// LMDB's own (negative) number, or an `errno`.
        public let rawValue: Int32

        public init(rawValue: Int32) { self.rawValue = rawValue }

        /// There is no such database, key, file or directory.
        public static let notFound = Code(rawValue: MDB_NOTFOUND)
        public static let noSuchFile = Code(rawValue: ENOENT)
        /// The key is there already, or an appended key is not above the last one.
        public static let keyExists = Code(rawValue: MDB_KEYEXIST)
        /// The map has no room for the transaction.
        public static let mapFull = Code(rawValue: MDB_MAP_FULL)
        /// Another process has grown the map beyond ours.
        public static let mapResized = Code(rawValue: MDB_MAP_RESIZED)
        /// No reader slot is free.
        public static let readersFull = Code(rawValue: MDB_READERS_FULL)
        /// More named databases than the environment was opened for.
        public static let databasesFull = Code(rawValue: MDB_DBS_FULL)
        /// A page is not what it has to be: the file is damaged.
        public static let corrupted = Code(rawValue: MDB_CORRUPTED)
        public static let pageNotFound = Code(rawValue: MDB_PAGE_NOTFOUND)
        /// An earlier failure to write left the environment unusable; it has to be opened anew.
        public static let panic = Code(rawValue: MDB_PANIC)
        /// The file is not of LMDB, or of another version.
        public static let invalidFile = Code(rawValue: MDB_INVALID)
        public static let versionMismatch = Code(rawValue: MDB_VERSION_MISMATCH)
        /// A key is empty or longer than 511 bytes, or a value is over 4 GiB.
        public static let badValueSize = Code(rawValue: MDB_BAD_VALSIZE)
        /// The disk, or the quota, is full.
        public static let noSpace = Code(rawValue: ENOSPC)
        public static let permissionDenied = Code(rawValue: EACCES)
        /// The device failed to read or write.
        public static let inputOutput = Code(rawValue: EIO)
        /// The environment is open in this process already. LMDB forbids a second one: closing it would drop the
        /// first one's locks.
        public static let alreadyOpen = Code(rawValue: -1)
    }

    public let code: Code
    /// The call that failed: `mdb_txn_commit`.
    public let call: String
    /// The directory of the environment, where it is known.
    public let path: String?

    public init(code: Code, call: String, path: String? = nil) {
        self.code = code
        self.call = call
        self.path = path
    }

    public var description: String {
        "\(call) failed\(path.map { " at \($0)" } ?? ""): \(reason)\(advice.map { "; \($0)" } ?? "")"
    }

    private var reason: String {
        code == .alreadyOpen ? "it is open in this process already" : String(cString: mdb_strerror(code.rawValue))
    }

    private var advice: String? {
        switch code {
        case .mapFull:
            "the system gives no more address space, or a snapshot was open for too long; raise the limit (ulimit -v)"
        case .mapResized: "open it again"
        case .readersFull: "end readers that are not needed, or clear those of dead processes"
        case .corrupted, .pageNotFound: "the file is damaged: restore it from a backup, or rebuild it"
        case .panic: "close it, open it again and verify it"
        case .invalidFile, .versionMismatch: "this is not an LMDB 0.9 file"
        case .badValueSize: "a key has 1 to 511 bytes"
        case .noSpace: "make room on the device"
        // What LMDB says of a write that was cut short, too, as it is where the device fills up.
        case .inputOutput: "make room on the device if it is full; else it is failing, and the system's log says how"
        case .permissionDenied: "the directory has to be readable, and its lock file writable, by this user"
        case .alreadyOpen: "use the environment that is open"
        default: nil
        }
    }
}

/// Runs one call of LMDB and turns its status into an error.
@inline(__always)
func check(_ call: StaticString, _ status: Int32, path: String? = nil) throws(LMDBError) {
    guard status != MDB_SUCCESS else { return }
    throw LMDBError(code: .init(rawValue: status), call: call.description, path: path)
}
