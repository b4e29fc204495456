/// What a pack may ask of this machine. Going beyond one is a `limitExceeded` that names it.
public struct PackLimits: Sendable {
    /// Size of the pack's file.
    public var maxPackBytes: UInt64 = 64 << 30
    /// Objects in the pack; the index takes about 60 bytes of memory for each.
    public var maxObjects = 8_000_000
    /// Size of one object that the pack holds whole. It is streamed, so this costs time, not memory.
    public var maxObjectBytes: UInt64 = 64 << 30
    /// Size of a delta, of its base and of its result. Git itself makes no deltas of files above 512 MiB
    /// (`core.bigFileThreshold`).
    public var maxDeltaResultBytes = 1 << 30
    /// Bytes that resolving deltas may write in all: what stops a pack of many small deltas with great results.
    public var maxResolvedBytes: UInt64 = 256 << 30
    /// Deltas upon deltas; Git's own limit (`pack.depth` is capped there).
    public var maxChainDepth = 4095
    /// Memory for bases that are still needed; beyond it they are dropped and made again.
    public var baseCacheBytes = 16 << 20
    /// What a spool gathers before it indexes and writes it. Objects that lie in it as a whole are expanded faster.
    public var spoolBufferBytes = 1 << 20
    /// A base or a result above this size lies in an unlinked file beside the pack, not in anonymous memory.
    public var maxHeapObjectBytes = 4 << 20

    /// Limits that let everything pass that hosting services serve.
    public init() {}
}
