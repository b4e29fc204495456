public import Events

extension Silo {
    /// Who writes. One process at a time may open the store as writer, and sees to that itself.
    public enum Mode: Sendable {
        case reader
        case writer
    }

    /// Settings and limits of a store.
    public struct Options: Sendable {
        /// Raw bytes that are grouped into one frame. More compress better, and cost more to read one blob of.
        public var frameByteCount = 512 << 10
        /// Raw bytes of a frame after which a reader that wants no more can stop decoding.
        public var blockByteCount = 128 << 10
        /// Raw bytes of the first frame of a group, from which rewriting takes the others as differences.
        public var anchorByteCount = 512 << 10
        /// Raw bytes of such a group.
        public var anchorGroupByteCount = 4 << 20
        /// Raw bytes that rewriting gathers before it compresses, on as many threads as are lent.
        public var rewriteBatchByteCount = 8 << 20
        /// Raw bytes of the frames that are being filled, of all domains. Beyond it the one that was used longest ago is
        /// closed.
        public var fillingByteCount = 8 << 20
        /// Most frames that a difference is read through. 0: no differences are kept.
        public var maximumChainDepth = 16
        /// Raw bytes of the frames that a difference may be read through; a blob of more than a quarter of it four times its size.
        public var maximumChainByteCount = 1536 << 10
        /// Raw bytes of one part of a large blob: what a read of a range decodes at least. A larger blob is kept in parts.
        public var partByteCount = 4 << 20
        /// Length from which on a shard takes no more frames.
        public var shardByteCount = 256 << 20
        /// Zstandard's level, 1–19, of bursts of at least ``bulkByteCount``, and while more is put than is compressed.
        public var compressionLevel = 3
        /// The level of a burst between the two, where compressing keeps up with putting.
        public var mediumCompressionLevel = 6
        /// The level of bursts of at most ``smallByteCount``.
        public var smallCompressionLevel = 12
        /// The highest level of a difference, which takes in what it is taken from, too.
        public var differenceCompressionLevel = 9
        /// A burst of so many bytes takes a moment at any level.
        public var smallByteCount = 8 << 20
        /// A burst of so many bytes is a bulk import.
        public var bulkByteCount = 64 << 20
        /// The level of ``Effort/hard``.
        public var hardCompressionLevel = 15
        /// Which of these levels is taken.
        public var effort = Effort.standard
        /// Raw bytes that wait from which on compressing does not keep up.
        public var busyQueueByteCount = 8 << 20
        /// Raw bytes that may wait for being compressed; beyond it whoever puts compresses first.
        public var maximumQueuedByteCount = 16 << 20
        /// Blobs that may wait for a flush; beyond it `put` flushes by itself.
        public var maximumUnflushedBlobCount = 65_536
        /// Decoded bytes of frames kept in memory for reads that follow.
        public var cachedFrameByteCount = 64 << 20
        /// No new shard gets a lower id, however empty the directory is.
        public var lowestShardID = ShardID(rawValue: 1)
        /// Keys of the contents that are a tenant's own. Nil: nothing is encrypted, and what is cannot be read.
        public var keys: (any ContentKeys)?
        /// The clock; a shard says when it was begun.
        public var now: @Sendable () -> Timestamp
        /// What is the same until the machine is started again, as the text of `/proc/sys/kernel/random/boot_id`. After a
        /// start that no `close` came before, the location index is not believed.
        public var bootID: [UInt8]

        /// - Parameters:
        ///   - now: the clock.
        ///   - bootID: what is the same until the machine is started again.
        public init(now: @escaping @Sendable () -> Timestamp, bootID: [UInt8]) {
            self.now = now
            self.bootID = bootID
        }
    }
}
