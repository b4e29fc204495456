import Events
import ProviderKit
import Silo

/// Content that was put into the store and is not recorded yet. First the bytes are made durable, then the log says so.
struct ContentBatch {
    private struct Entry {
        var hash: SHA1Hash
        var mimeType: String
    }

    private var entries: [Entry] = []
    private(set) var byteCount: UInt64 = 0

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }

    mutating func append(_ hash: SHA1Hash, byteCount: UInt64, mimeType: String) {
        entries.append(Entry(hash: hash, mimeType: mimeType))
        self.byteCount += byteCount
    }

    /// Makes everything durable, and says it as events.
    ///
    /// - Throws: `SiloError`; then nothing may be recorded, and all is still here. `ProviderError` (deleted, transient) where a
    ///   content was deleted after it was put, as nothing had named it for long.
    mutating func flush(to silo: Silo, in domain: Domain) throws -> [Event] {
        guard !isEmpty else { return [] }
        try silo.flush()
        var blobs: [StoredBlob] = []
        blobs.reserveCapacity(entries.count)
        for entry in entries {
            guard let info = try silo.contains(entry.hash, in: domain), let shard = info.shard else {
                throw ProviderError.transient(
                    .deleted, "\(entry.hash.hex) was deleted while it was stored again: the source is read again")
            }
            blobs.append(
                StoredBlob(
                    hash: entry.hash, contentHash: info.sha256, size: UInt64(info.byteCount), mimeType: entry.mimeType,
                    shard: shard))
        }
        entries = []
        byteCount = 0
        return stride(from: 0, to: blobs.count, by: BlobsStored.maximumCount).map { start in
            .blobsStored(BlobsStored(blobs: Array(blobs[start..<min(start + BlobsStored.maximumCount, blobs.count)])))
        }
    }
}
