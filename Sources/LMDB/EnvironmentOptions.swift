/// How an environment is opened.
public struct EnvironmentOptions: Sendable {
    /// The address space reserved for the file, in bytes; the file itself grows as it is written. Where so much is
    /// refused (a limit on address space) it is ``fallbackMapSizeBytes``.
    public var mapSizeBytes: Int = EnvironmentOptions.defaultMapSizeBytes
    /// Up to so many bytes the map is grown when it is full.
    public var maximumMapSizeBytes: Int = .max
    /// How many named databases may be opened.
    public var maximumDatabases: Int = 32
    /// How many read transactions may be open at a time, over all processes. The first process that opens the
    /// environment decides.
    public var maximumReaders: Int = 1024
    /// Whether a commit is on the device when it returns. Where not (`MDB_NOSYNC`), the file survives the death of the
    /// process, but after a power failure it can be wrong without an error.
    public var isSynchronous: Bool = true
    /// Whether write transactions are refused. Needs the environment to exist.
    public var isReadOnly: Bool = false
    /// Permissions of the files made. The directory gets the same and, where a class may read, search.
    public var mode: UInt32 = 0o600

    /// 1 TiB.
    public static let defaultMapSizeBytes = 1 << 40
    /// 64 MiB: what is reserved at first where the system gives no more.
    public static let fallbackMapSizeBytes = 64 << 20
    /// 8 MiB: where not even this is given the refusal is thrown.
    public static let minimumMapSizeBytes = 8 << 20

    public init() {}

    /// The options, changed by `change`.
    public init(_ change: (inout EnvironmentOptions) -> Void) { change(&self) }
}
