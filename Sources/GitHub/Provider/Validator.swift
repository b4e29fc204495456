import Events

/// What a poll leaves for the next one: `COMMIT REF ETAG`. The tag is used only while the last sync is at that commit, so a
/// poll whose sync failed never makes the next one believe that nothing changed.
struct Validator: Equatable {
    var commit: SHA1Hash
    /// The full name: `refs/heads/main`.
    var ref: [UInt8]
    var etag: String

    init(commit: SHA1Hash, ref: [UInt8], etag: String) {
        self.commit = commit
        self.ref = ref
        self.etag = etag
    }

    /// Nil for what this provider did not write.
    init?(_ bytes: [UInt8]) {
        let fields = bytes.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, let commit = SHA1Hash(hex: String(decoding: fields[0], as: UTF8.self)),
            !fields[1].isEmpty, !fields[2].isEmpty
        else { return nil }
        self.init(commit: commit, ref: Array(fields[1]), etag: String(decoding: fields[2], as: UTF8.self))
    }

    var bytes: [UInt8] {
        Array(commit.hex.utf8) + [UInt8(ascii: " ")] + ref + [UInt8(ascii: " ")] + Array(etag.utf8)
    }
}
