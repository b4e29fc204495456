/// What reading a frame costs that may be the base of another one.
struct FrameLink: Sendable, Equatable {
    /// Length of head and payload.
    var frameByteCount: Int
    /// How many frames have to be decoded before it.
    var depth: Int
    /// Raw bytes of all of them, and its own.
    var chainByteCount: Int
    /// The last of these.
    var base: FrameReference?

    /// A frame that is a difference from `base`.
    init(frameByteCount: Int, rawByteCount: Int, base: FrameBase?) {
        self.frameByteCount = frameByteCount
        depth = base.map { $0.link.depth + 1 } ?? 0
        chainByteCount = rawByteCount + (base?.link.chainByteCount ?? 0)
        self.base = base?.reference
    }

    /// A damaged frame: nothing new is built on it.
    init(damaged frameByteCount: Int) {
        self.frameByteCount = frameByteCount
        depth = .max
        chainByteCount = .max
    }

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

    /// The frame from which a blob of `byteCount` bytes is to be a difference that has its predecessor in this one; nil
    /// where there is none. Where reading through this one would cost too much, it is one half way to the first that this
    /// one is taken from: it has an older version of the same files, and room for many differences to come.
    ///
    /// - Parameter link: what is known of a frame.
    func base<E>(
        ofByteCount byteCount: Int, _ options: Silo.Options, link: (FrameReference) throws(E) -> FrameLink
    ) throws(E) -> FrameBase? {
        var base = self
        if base.link.allowsDifference(ofByteCount: byteCount, options) { return base }
        let depth = base.link.depth / 2
        while let next = base.link.base {
            base = FrameBase(offset: next.offset, link: try link(next))
            if base.link.depth <= depth && base.link.allowsDifference(ofByteCount: byteCount, options) { return base }
        }
        return nil
    }
}
