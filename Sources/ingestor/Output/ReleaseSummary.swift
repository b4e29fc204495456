import Events

/// The payload in half a line of decisions about what stays.
enum ReleaseSummary {
    static func text(_ event: Event) -> String {
        switch event {
        case .blobsReleased(let payload): text(payload.blobs)
        case .blobsDeleted(let payload): text(payload.blobs)
        case .blobsRestored(let payload): text(payload.blobs)
        case .versionsReleased(let payload): "\(text(payload.versions)), \(payload.reason.name)"
        case .versionsRestored(let payload): text(payload.versions)
        case .bodiesReleased(let payload):
            "\(Units.count(payload.hashes.count, "body", plural: "bodies")), \(Units.bytes(payload.byteCount)), of webhooks up to event "
                + "\(payload.through.rawValue)"
        case .shardCompacted(let payload):
            "\(shards(payload.replaced)) into \(payload.written.isEmpty ? "nothing" : shards(payload.written)), "
                + "\(Units.bytes(payload.bytesFreed)) freed, \(payload.effort.name)"
        default: ""
        }
    }

    /// What a decision says of one version.
    static func text(_ version: ReleasedVersion, isRestored: Bool) -> String {
        "\(isRestored ? "kept again" : "not kept any more"): the version of event \(version.version.position.rawValue)"
    }

    private static func text(_ blobs: [ReleasedBlob]) -> String {
        "\(Units.count(blobs.count, "blob")), \(Units.bytes(blobs.reduce(0) { $0 + $1.size }))"
    }

    private static func text(_ versions: [ReleasedVersion]) -> String {
        let first = versions.first.map { " \(String(decoding: $0.path, as: UTF8.self))" } ?? ""
        return "\(Units.count(versions.count, "version")),\(first)\(versions.count > 1 ? ", …" : "")"
    }

    private static func shards(_ ids: [ShardID]) -> String {
        ids.count > 4
            ? Units.count(ids.count, "shard") : "shard " + ids.map { String($0.rawValue) }.joined(separator: ", ")
    }
}
