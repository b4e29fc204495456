public import Events

/// What verifying found.
public struct VerifyReport: Sendable {
    /// Something that is not as it was written.
    public struct Finding: Sendable, Equatable {
        /// What is wrong: a stable word. More may come.
        public struct Code: RawRepresentable, Sendable, Hashable {
            public let rawValue: String

            public init(rawValue: String) { self.rawValue = rawValue }

            /// The file's header.
            public static let header = Code(rawValue: "header")
            /// Bytes in which no frame can be recognised, or the payload of a frame.
            public static let frame = Code(rawValue: "frame")
            /// A blob whose hashes are not those of its content.
            public static let content = Code(rawValue: "content")
            /// A blob that the location index names and no frame has.
            public static let lost = Code(rawValue: "lost")
            /// Index or trailer of a sealed shard.
            public static let index = Code(rawValue: "index")
            /// The SHA-256 of a sealed shard's file is not the one that was recorded.
            public static let sealedHash = Code(rawValue: "sealedHash")
            /// The location index is not what the shard says; it can be made anew.
            public static let location = Code(rawValue: "location")
            /// The location index names a shard that is not there.
            public static let missing = Code(rawValue: "missing")
            /// Something that a later version wrote.
            public static let unknown = Code(rawValue: "unknown")
        }

        public var code: Code
        public var shard: ShardID
        public var domain: Domain?
        /// The blob that is concerned, where it is known.
        public var blob: SHA1Hash?
        /// Where in the file.
        public var offset: UInt64?
        public var message: String
    }

    /// A shard whose key is not to be had. Its bytes, tables and hashes were checked, and its contents could not be read.
    public struct ClosedShard: Sendable, Equatable {
        public var shard: ShardID
        public var domain: Domain?
        public var blobCount: Int
        /// Why the key is not there.
        public var reason: String
    }

    public init() {}

    public var findings: [Finding] = []
    /// What is sealed and could not be opened, which is no damage.
    public var closed: [ClosedShard] = []
    public var shardCount = 0
    public var blobCount = 0
    /// Sum of the sizes of the blobs that were read. Those of closed shards are not among them.
    public var rawByteCount = 0
    /// Bytes of the files that were checked.
    public var storedByteCount = 0
}

/// How far verifying has come.
public struct VerifyProgress: Sendable {
    public var shard: ShardID
    /// Bytes of all shards that were read, and that there are.
    public var checkedByteCount: Int
    public var totalByteCount: Int
}
