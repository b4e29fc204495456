import Events

extension Writer {
    /// The frame that `entry` may be kept as a difference from: the one of its predecessor, if that stands in the shard that
    /// the domain's next frame goes to, and reading a blob through it stays cheap.
    func base(
        for entry: BlobEntry, after predecessor: SHA1Hash?, in domain: Domain
    ) throws(SiloError) -> (shard: ShardID, frame: FrameBase)? {
        guard let predecessor, entry.byteCount > 0, options.maximumChainDepth > 0,
            case .written(let location)? = try find(LocationKey(domain: domain, sha1: predecessor)),
            location.byteCount <= options.partByteCount
        else { return nil }
        let (shard, known) = monitor.read { state -> (OpenShard?, FrameLink?) in
            guard state.current[domain] == location.shard, let record = state.shards[location.shard] else {
                return (nil, nil)
            }
            return (record.shard, state.links[location.shard]?[location.offset])
        }
        guard let shard else { return nil }
        let link: FrameLink
        if let known { link = known } else { link = try learn(location, in: shard) }
        guard link.allowsDifference(ofByteCount: entry.byteCount, options) else { return nil }
        return (shard.id, FrameBase(offset: location.offset, link: link))
    }

    /// What reading a frame costs that was written before the store was opened.
    private func learn(_ location: Location, in shard: OpenShard) throws(SiloError) -> FrameLink {
        let link: FrameLink
        do {
            link = try reader.link(
                shard.file, at: FrameReference(offset: location.offset, byteCount: location.frameByteCount))
        } catch {
            guard error.code == .damaged else { throw error }
            // Nothing new is built on damage.
            link = FrameLink(frameByteCount: location.frameByteCount, depth: .max, chainByteCount: .max)
        }
        monitor.withLock(wakingIf: { _ in false }) { state in
            state.links[shard.id, default: [:]][location.offset] = link
        }
        return link
    }
}
