import Events

extension Writer {
    /// The frame that `entry` is to be kept as a difference from: the one of its predecessor or one that this is taken from, if
    /// it stands in the shard that the domain's next frame goes to.
    func base(
        for entry: BlobEntry, after predecessor: SHA1Hash?, in domain: Domain
    ) throws(SiloError) -> (shard: ShardID, frame: FrameBase)? {
        guard let predecessor, entry.byteCount > 0, options.maximumChainDepth > 0,
            case .written(let location)? = try find(LocationKey(domain: domain, sha1: predecessor)),
            location.byteCount <= options.partByteCount
        else { return nil }
        let current = monitor.read { state in
            state.current[domain] == location.shard ? state.shards[location.shard]?.shard : nil
        }
        guard let current else { return nil }
        let start = FrameReference(offset: location.offset, byteCount: location.frameByteCount)
        let frame = FrameBase(offset: start.offset, link: try link(of: start, in: current))
        let base = try frame.base(ofByteCount: entry.byteCount, options) { (frame) throws(SiloError) in
            try link(of: frame, in: current)
        }
        return base.map { (current.id, $0) }
    }

    /// What reading a frame costs; of one that was written before the store was opened its head tells it.
    private func link(of frame: FrameReference, in shard: OpenShard) throws(SiloError) -> FrameLink {
        if let known = monitor.read({ $0.links[shard.id]?[frame.offset] }) { return known }
        var links: [FrameBase]
        do {
            links = try reader.links(shard.file, at: frame)
        } catch {
            guard error.code == .damaged else { throw error }
            links = [FrameBase(offset: frame.offset, link: FrameLink(damaged: frame.byteCount))]
        }
        monitor.withLock(wakingIf: { _ in false }) { state in
            for base in links { state.links[shard.id, default: [:]][base.offset] = base.link }
        }
        return links.last?.link ?? FrameLink(damaged: frame.byteCount)
    }
}
