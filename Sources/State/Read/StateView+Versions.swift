public import Events
import LMDB
public import Projections

extension StateView {
    /// Every version of every path of a repository, as they are kept: those of one path together, from the oldest on; those of
    /// paths that are too long for a key among the others. Until `body` says false.
    public func forEachVersion(
        _ repository: RepositoryID, _ body: (RefID, FileVersion) throws -> Bool
    ) throws {
        try transaction.forEach(tables[.files], prefix: Self.key(repository.rawValue)) { key, row in
            let ref = try Self.decoded(.files, key, row, Self.ref)
            return try body(ref, try Self.decoded(.files, key, row, FileVersion.init(key:decoding:)))
        }
    }

    /// Every version of every path of all repositories, until `body` says false.
    public func forEachVersion(_ body: (RepositoryID, RefID, FileVersion) throws -> Bool) throws {
        try transaction.forEach(tables[.files]) { key, row in
            let (repository, ref) = try Self.decoded(.files, key, row) { (key, row) throws(DecodingFailure) in
                var reader = ByteReader(key)
                return (RepositoryID(try reader.uint64()), try Self.ref(key, row))
            }
            return try body(repository, ref, try Self.decoded(.files, key, row, FileVersion.init(key:decoding:)))
        }
    }

    /// The contents of all domains, each domain's in the order of their hashes, until `body` says false.
    ///
    /// - Parameter key: begins there (``BlobRow/key(_:_:)``); nil: with the first.
    public func forEachBlob(from key: [UInt8]? = nil, _ body: (BlobRow) throws -> Bool) throws {
        try transaction.forEach(tables[.blobs], prefix: [], from: key ?? []) { key, row in
            try body(try Self.decoded(.blobs, key, row, BlobRow.init(key:decoding:)))
        }
    }

    /// Which contents pointers stand for, until `body` says false.
    public func forEachLargeFile(_ body: (LargeFileRow) throws -> Bool) throws {
        try forEach(.largeFiles, LargeFileRow.init(key:decoding:), body)
    }

    private static func ref(_ key: RawSpan, _ row: RawSpan) throws(DecodingFailure) -> RefID {
        guard key.byteCount >= FileKey.scopeByteCount else { throw DecodingFailure("a file's key is too short") }
        var reader = ByteReader(key.extracting(8..<FileKey.scopeByteCount))
        return RefID(rawValue: try reader.uint32())
    }
}
