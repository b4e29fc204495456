package import LMDB

/// What an environment of LMDB takes.
public struct StorageInfo: Sendable, Equatable {
    /// Reserved address space, and the used part of the file, in bytes.
    public let mapByteCount: Int
    public let usedByteCount: Int
    /// Reader slots in use, over all processes, and how many there are.
    public let readerCount: Int
    public let maximumReaderCount: Int

    package init(_ info: EnvironmentInfo) {
        mapByteCount = info.mapSizeBytes
        usedByteCount = info.usedBytes
        readerCount = info.readers
        maximumReaderCount = info.maximumReaders
    }
}

extension EventLog {
    public var storage: StorageInfo { StorageInfo(environment.info) }
}
