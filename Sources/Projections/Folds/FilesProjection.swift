public import Events

/// Every version of every path of every watched ref, removals and skipped items too.
public enum FilesProjection: Projection {
    public static let name = "files"
    public static let version: UInt32 = 2
    public static let tables: [Table] = [.files]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        guard let repository = envelope.header.repository else { return }
        switch envelope.event {
        case .itemsChanged(let event): routeItems(event, repository, envelope, hash, &deltas)
        case .versionsReleased(let event):
            let position = envelope.position
            change(event.versions, repository, event.ref, hash, &deltas) { delta in
                delta.append(1)
                delta.put(position)
            }
        case .versionsRestored(let event):
            change(event.versions, repository, event.ref, hash, &deltas) { $0.append(0) }
        default: break
        }
    }

    private static func routeItems(
        _ event: ItemsChanged, _ repository: RepositoryID, _ envelope: Envelope, _ hash: SHA256Function,
        _ deltas: inout Deltas
    ) {
        let tenant = envelope.header.tenant.rawValue
        let position = envelope.position
        let ref = event.ref.rawValue
        for (index, item) in event.items.enumerated() {
            deltas.add(.files) { key in
                key.put(repository)
                key.put(ref)
                FileKey.write(path: item.path, index: index, hash: hash, into: &key)
                key.append(0)
                key.put(position)
            } delta: { row in
                FileRow.write(item, index: index, tenant: tenant, isLong: FileKey.isLong(item.path), into: &row)
            }
        }
    }

    private static func change(
        _ versions: [ReleasedVersion], _ repository: RepositoryID, _ ref: RefID, _ hash: SHA256Function,
        _ deltas: inout Deltas, _ write: (inout [UInt8]) -> Void
    ) {
        for version in versions {
            deltas.add(
                .files,
                key: { key in
                    key.put(repository)
                    key.put(ref.rawValue)
                    FileKey.write(
                        path: version.path, index: Int(version.version.index), hash: hash, into: &key)
                    key.append(0)
                    key.put(version.version.position)
                }, delta: write)
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        // What nobody recorded cannot be released.
        guard row.isPresent else { return }
        var reader = ByteReader(delta)
        if try reader.flag() {
            FileRow.release(&row.bytes, at: try reader.position())
        } else {
            FileRow.restore(&row.bytes)
        }
    }

    /// A version is named by where the log has it, not by its path.
    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        guard key.byteCount >= FileKey.scopeByteCount + FileKey.tailByteCount, row.byteCount >= FileRow.fixedByteCount
        else { return form.write(key: key, row: row) }
        var name: InlineArray<24, UInt8> = .init(repeating: 0)
        var span = name.mutableSpan
        for offset in 0..<FileKey.scopeByteCount {
            span[offset] = key.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
        }
        for offset in 0..<8 {
            span[12 + offset] = key.unsafeLoad(fromByteOffset: key.byteCount - 8 + offset, as: UInt8.self)
        }
        for offset in 0..<4 {
            span[20 + offset] = row.unsafeLoad(fromByteOffset: FileRow.indexOffset + offset, as: UInt8.self)
        }
        form.write(key: name.span.bytes, row: row.extracting(0..<FileRow.digestedByteCount(row)))
    }
}
