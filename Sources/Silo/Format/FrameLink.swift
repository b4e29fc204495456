/// What reading a frame costs that may be the base of another one.
struct FrameLink: Sendable, Equatable {
    /// Length of head and payload.
    var frameByteCount: Int
    /// How many frames have to be decoded before it.
    var depth: Int
    /// Raw bytes of all of them, and its own.
    var chainByteCount: Int

    /// A frame that is a difference from the one that `base` describes.
    init(_ head: FrameHead, base: FrameLink?) {
        frameByteCount = head.frameByteCount
        depth = base.map { $0.depth + 1 } ?? 0
        chainByteCount = head.rawByteCount + (base?.chainByteCount ?? 0)
    }

    init(frameByteCount: Int, depth: Int, chainByteCount: Int) {
        self.frameByteCount = frameByteCount
        self.depth = depth
        self.chainByteCount = chainByteCount
    }
}

extension FrameLink {
    /// Whether a blob of `byteCount` bytes may be a difference from the frame, so that reading it stays cheap.
    func allowsDifference(ofByteCount byteCount: Int, _ options: Silo.Options) -> Bool {
        depth < min(options.maximumChainDepth, ShardFormat.maximumChainDepth)
            && chainByteCount <= max(options.maximumChainByteCount, 4 * byteCount)
    }
}

/// A frame of a shard that is being written, from which another one is to be a difference.
struct FrameBase: Sendable, Equatable {
    var offset: UInt64
    var link: FrameLink

    var reference: FrameReference { FrameReference(offset: offset, byteCount: link.frameByteCount) }
}
