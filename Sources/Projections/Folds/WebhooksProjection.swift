public import Events

/// What webhooks announced of each ref, and which repositories are read through which installation.
public enum WebhooksProjection: Projection {
    public static let name = "webhooks"
    public static let version: UInt32 = 3
    public static let tables: [Table] = [.announcedRefs, .installationRepositories]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        guard case .webhookReceived(let event) = envelope.event else { return }
        if let externalID = event.externalID, let ref = event.ref, ref.tellsCommits {
            deltas.add(.announcedRefs) { key in
                key += RefRow.key(event.provider, externalID, ref.name, hash: hash)
            } delta: { delta in
                delta.put(envelope.position)
                delta.put(envelope.header.time)
                delta.put(optional: ref.before)
                delta.put(optional: ref.after)
                delta.put(string: ref.name)
            }
        }
        guard let installation = event.installation else { return }
        func set(_ externalID: UInt64, _ isRead: Bool) {
            deltas.add(.installationRepositories) { key in
                key += installationKey(event.provider, installation)
                key.put(externalID)
            } delta: { delta in
                delta.append(isRead ? 1 : 0)
                if isRead { delta.put(TenantID.none.rawValue) }
            }
        }
        if let externalID = event.externalID { set(externalID, true) }
        for externalID in event.added { set(externalID, true) }
        for externalID in event.removed { set(externalID, false) }
    }

    /// What the keys of an installation's repositories begin with; the provider's number of each follows.
    public static func installationKey(_ provider: String, _ installation: UInt64) -> [UInt8] {
        RepositoryRow.externalKey(provider, installation)
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        var reader = ByteReader(delta)
        let position = try reader.position()
        let at = try reader.timestamp()
        let before = try reader.optionalSHA1()
        let after = try reader.optionalSHA1()
        let push = AnnouncedRef(name: try reader.string(), before: before, after: after)
        guard row.isPresent else {
            let chain = PushChain(before: before, after: after)
            return row.set(RefRow(ref: push.name, chain: chain, position: position, at: at).encode())
        }
        var ref = try RefRow(decoding: row.bytes.span.bytes)
        ref.announce(push, position: position, at: at)
        row.set(ref.encode())
    }

    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        guard table == .announcedRefs else { return form.write(key: key, row: row) }
        // The ref's name is sealed, and a row is what was said of one name: without names nobody can tell what belongs together.
        form.skip()
    }
}
