public import Events

/// The contents of each domain, what names them, and what was refused.
public enum BlobsProjection: Projection {
    public static let name = "blobs"
    public static let version: UInt32 = 2
    public static let tables: [Table] = [.blobs, .blobReferences, .refusedBlobs, .domainStatistics]

    private enum Delta {
        static let referenced: UInt8 = 1
        static let stored: UInt8 = 2
        static let corrupted: UInt8 = 3
        static let repaired: UInt8 = 4
        static let dereferenced: UInt8 = 5
        static let released: UInt8 = 6
        static let deleted: UInt8 = 7
        static let restored: UInt8 = 8
    }

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        let domain = envelope.header.domain.rawValue
        switch envelope.event {
        case .itemsChanged(let event): routeItems(event, envelope, into: &deltas)
        case .versionsReleased(let event):
            routeVersions(event.versions, event.ref, envelope, isReleased: true, into: &deltas)
        case .versionsRestored(let event):
            routeVersions(event.versions, event.ref, envelope, isReleased: false, into: &deltas)
        case .blobsReleased(let event): route(event.blobs, Delta.released, envelope, into: &deltas)
        case .blobsDeleted(let event): route(event.blobs, Delta.deleted, envelope, into: &deltas)
        case .blobsRestored(let event): route(event.blobs, Delta.restored, envelope, into: &deltas)
        case .blobsStored(let event):
            for blob in event.blobs {
                deltas.add(.blobs) { key in
                    key.put(domain)
                    key.put(blob.hash)
                } delta: { delta in
                    delta.append(Delta.stored)
                    BlobRow.write(
                        contentHash: blob.contentHash, size: blob.size, mimeType: blob.mimeType, shard: blob.shard,
                        firstSeen: envelope.position, firstSeenAt: envelope.header.time, into: &delta)
                }
            }
        case .blobCorrupted(let event):
            deltas.add(.blobs) { key in
                key.put(domain)
                key.put(event.hash)
            } delta: { delta in
                delta.append(Delta.corrupted)
                delta.put(text: event.code)
            }
        case .blobRepaired(let event):
            deltas.add(.blobs) { key in
                key.put(domain)
                key.put(event.hash)
            } delta: { delta in
                delta.append(Delta.repaired)
                delta.put(event.shard.rawValue)
            }
        case .blobRefused(let event):
            deltas.add(.refusedBlobs) { key in
                key.put(domain)
                key.put(event.hash)
                key.put(envelope.position)
            } delta: { row in
                row.put(envelope.header.tenant.rawValue)
                row.put(event.keptContentHash)
                row.put(event.refusedContentHash)
                row.put(event.refusedSize)
            }
        default: break
        }
    }

    private static func routeItems(_ event: ItemsChanged, _ envelope: Envelope, into deltas: inout Deltas) {
        guard let repository = envelope.header.repository else { return }
        let domain = envelope.header.domain.rawValue
        let tenant = envelope.header.tenant.rawValue
        for (index, item) in event.items.enumerated() {
            // A submodule's hash is a commit of another repository.
            guard case .upserted(let mode, let hash, _) = item.content, mode != GitMode.submodule else { continue }
            deltas.add(.blobs) { key in
                key.put(domain)
                key.put(hash)
            } delta: { delta in
                delta.append(Delta.referenced)
            }
            deltas.add(.blobReferences) { key in
                key.put(domain)
                key.put(hash)
                key.put(repository)
                key.put(event.ref.rawValue)
                key.put(envelope.position)
                key.put(UInt32(index))
            } delta: { row in
                row.put(tenant)
            }
        }
    }

    /// Like ``routeItems(_:_:into:)``, for versions that were recorded before.
    private static func routeVersions(
        _ versions: [ReleasedVersion], _ ref: RefID, _ envelope: Envelope, isReleased: Bool, into deltas: inout Deltas
    ) {
        guard let repository = envelope.header.repository else { return }
        let domain = envelope.header.domain.rawValue
        let tenant = envelope.header.tenant.rawValue
        for version in versions {
            // Only what is there can be named again: so a new row is always one that nobody had before.
            guard let hash = version.hash, version.version.position < envelope.position else { continue }
            deltas.add(.blobs) { key in
                key.put(domain)
                key.put(hash)
            } delta: { delta in
                delta.append(isReleased ? Delta.dereferenced : Delta.referenced)
            }
            deltas.add(.blobReferences) { key in
                key.put(domain)
                key.put(hash)
                key.put(repository)
                key.put(ref.rawValue)
                key.put(version.version.position)
                key.put(version.version.index)
            } delta: { delta in
                // One byte or five, never the four of a new row.
                delta.append(isReleased ? 0 : 1)
                if !isReleased { delta.put(tenant) }
            }
        }
    }

    private static func route(
        _ blobs: [ReleasedBlob], _ kind: UInt8, _ envelope: Envelope, into deltas: inout Deltas
    ) {
        let domain = envelope.header.domain.rawValue
        for blob in blobs {
            deltas.add(.blobs) { key in
                key.put(domain)
                key.put(blob.hash)
            } delta: { delta in
                delta.append(kind)
                delta.put(envelope.position)
                delta.put(envelope.header.time)
            }
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        guard table == .blobs else { return try reduceReference(&row, delta) }
        var reader = ByteReader(delta)
        switch try reader.byte() {
        case Delta.referenced:
            if !row.isPresent { startRow(&row, key) }
            guard row.bytes.count > BlobRow.flagsOffset else { throw DecodingFailure("a blob's row is too short") }
            addReference(&row.bytes)
            // What a version names is wanted, whatever was said before.
            if row.bytes[BlobRow.flagsOffset] & BlobRow.isReleasedFlag != 0 {
                try change(&row, key) { blob in blob.released = nil }
            }
        case Delta.stored:
            if !row.isPresent { startRow(&row, key) }
            guard row.bytes.count > BlobRow.flagsOffset else { throw DecodingFailure("a blob's row is too short") }
            switch row.bytes[BlobRow.flagsOffset] {
            case 0:
                row.bytes[BlobRow.flagsOffset] = BlobRow.isStoredFlag
                row.bytes.put(delta.extracting(1..<delta.byteCount))
            case BlobRow.isDeletedFlag:
                // It came again.
                try change(&row, key) { blob in blob.deleted = nil }
                row.bytes[BlobRow.flagsOffset] = BlobRow.isStoredFlag
                row.bytes.put(delta.extracting(1..<delta.byteCount))
            case let flags where flags & BlobRow.isReleasedFlag != 0:
                // Somebody is about to name it.
                try change(&row, key) { blob in blob.released = nil }
            // Two syncs can both find a content new; the first that said so stays.
            default: break
            }
        case Delta.corrupted:
            let code = try reader.text()
            try change(&row, key) { blob in blob.damage = code }
        case Delta.repaired:
            let shard = ShardID(rawValue: try reader.uint64())
            try change(&row, key) { blob in
                blob.damage = nil
                blob.stored?.shard = shard
            }
        case let kind: try reduceRelease(kind, &row, key, &reader)
        }
    }

    /// Decisions about what stays. Each counts only for what it was meant for: what was named again meanwhile stays as it is.
    private static func reduceRelease(
        _ kind: UInt8, _ row: inout RowBuffer, _ key: RawSpan, _ reader: inout ByteReader
    ) throws(DecodingFailure) {
        if kind == Delta.dereferenced {
            return try change(&row, key) { blob in blob.references -= blob.references > 0 ? 1 : 0 }
        }
        let release = BlobRow.Release(position: try reader.position(), at: try reader.timestamp())
        switch kind {
        case Delta.released:
            try change(&row, key) { blob in
                if blob.stored != nil, blob.references == 0, blob.released == nil { blob.released = release }
            }
        case Delta.deleted:
            try change(&row, key) { blob in
                guard blob.released != nil, blob.references == 0 else { return }
                blob.stored = nil
                blob.damage = nil
                blob.released = nil
                blob.deleted = release.position
            }
        case Delta.restored: try change(&row, key) { blob in blob.released = nil }
        default: throw DecodingFailure("delta \(kind) of a blob is unknown")
        }
    }

    private static func reduceReference(_ row: inout RowBuffer, _ delta: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(delta)
        guard try reader.flag() else { return row.remove() }
        row.load(delta.extracting(1..<delta.byteCount))
    }

    private static func startRow(_ row: inout RowBuffer, _ key: RawSpan) {
        row.isPresent = true
        row.bytes.put(key.extracting(0..<4))
        row.bytes.append(contentsOf: repeatElement(0, count: BlobRow.contentOffset - 4))
    }

    private static func addReference(_ row: inout [UInt8]) {
        row.withUnsafeMutableBytes { bytes in
            let count = UInt64(
                bigEndian: bytes.loadUnaligned(fromByteOffset: BlobRow.referencesOffset, as: UInt64.self))
            bytes.storeBytes(of: (count &+ 1).bigEndian, toByteOffset: BlobRow.referencesOffset, as: UInt64.self)
        }
    }

    /// Changes a row that is there; damage to what nobody knows says nothing.
    private static func change(
        _ row: inout RowBuffer, _ key: RawSpan, _ body: (inout BlobRow) -> Void
    ) throws(DecodingFailure) {
        guard row.isPresent else { return }
        var blob = try BlobRow(key: key, decoding: row.bytes.span.bytes)
        body(&blob)
        row.set(blob.encode())
    }

    public static func derive(
        _ table: Table, key: RawSpan, row: RawSpan, into derivation: inout Derivation
    ) throws(DecodingFailure) {
        guard table == .blobs else { return }
        guard row.byteCount > BlobRow.flagsOffset else { throw DecodingFailure("a blob's row is too short") }
        let flags = row.unsafeLoad(fromByteOffset: BlobRow.flagsOffset, as: UInt8.self)
        guard flags & BlobRow.isStoredFlag != 0 else { return }
        guard row.byteCount >= BlobRow.sizeOffset + 8 else { throw DecodingFailure("a blob's row is too short") }
        let size = row.bigEndian64(at: BlobRow.sizeOffset)
        let isReleased = flags & BlobRow.isReleasedFlag != 0
        derivation.sum(
            .domainStatistics, key: row.bigEndian32(at: 0), Counters(1, size, isReleased ? 1 : 0, isReleased ? size : 0)
        )
    }
}
