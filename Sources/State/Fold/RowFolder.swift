import EventLog
public import Events
public import Projections

/// Turns sorted deltas into rows and keeps the digests: what folding event by event and building in bulk have in common.
/// Buffers are reused, so that a row costs no allocation.
struct RowFolder: ~Copyable {
    var ledger: DigestLedger
    var derivation = Derivation()
    /// The row of the group that was folded last.
    var row = RowBuffer()
    /// Whose sealed parts were opened, and whose should have been.
    var keyUse = KeyUse()
    private var form = DigestForm()
    private var hasher = SHA256Hasher()

    init(_ ledger: DigestLedger = DigestLedger()) { self.ledger = ledger }

    /// Routes one record.
    ///
    /// - Returns: the number of items in the event, the event itself being one.
    mutating func route(
        _ record: RawSpan, at position: LogPosition, keys: (any RecordKeys)?, into deltas: inout Deltas
    ) throws(StateError) -> Int {
        let envelope: Envelope
        do {
            envelope = try Envelope(record: record, at: position, keys: keys)
        } catch {
            throw StateError(
                .unreadableEvent, "event \(position.rawValue) cannot be folded; verify the log", cause: error)
        }
        keyUse.note(envelope)
        AllProjections.route(envelope, hash: hashKey, into: &deltas)
        return switch envelope.event {
        case .itemsChanged(let event): 1 + event.items.count
        case .blobsStored(let event): 1 + event.blobs.count
        default: 1
        }
    }

    /// Takes the row into the digests, or out of them.
    @inline(__always)
    mutating func count(_ table: Table, _ key: RawSpan, _ row: RawSpan, isRemoval: Bool) {
        form.write(table, key: key, row: row)
        guard form.isDigested else { return }
        let hash = hasher.hash(form.bytes)
        let projection = AllProjections.indexByTable[table.index]
        if isRemoval {
            ledger.subtract(hash, projection: projection, tenant: form.tenant)
        } else {
            ledger.add(hash, projection: projection, tenant: form.tenant)
        }
    }

    /// Takes what other tables say of the row into `derivation`, or out of it.
    mutating func derive(_ table: Table, _ key: RawSpan, _ row: RawSpan, isRemoval: Bool) throws(StateError) {
        guard table.hasDerived else { return }
        derivation.isRemoval = isRemoval
        do {
            try AllProjections.byTable[table.index].derive(table, key: key, row: row, into: &derivation)
        } catch {
            throw StateError.damaged(table.name, error)
        }
    }

    /// Applies the deltas of the key that `source` is at to `row`, and moves `source` to the next key.
    @inline(__always)
    mutating func foldGroup(_ table: Table, _ source: inout some DeltaSource) throws(StateError) {
        let key = source.key
        repeat {
            try apply(table, key, source.delta)
            try source.advance()
        } while !source.isAtEnd && compareKeys(source.key, key) == 0
    }

    @inline(__always)
    private mutating func apply(
        _ table: Table, _ key: UnsafeRawBufferPointer, _ delta: UnsafeRawBufferPointer
    ) throws(StateError) {
        switch table.rule {
        case .insert, .sum: row.load(delta.bytes)
        case .amend where table.begins(delta.count): row.load(delta.bytes)
        case .set:
            if delta.first == 1 {
                row.load(UnsafeRawBufferPointer(rebasing: delta[1...]).bytes)
            } else {
                row.remove()
            }
        case .amend, .reduce:
            do {
                try AllProjections.byTable[table.index].reduce(table, key: key.bytes, row: &row, delta: delta.bytes)
            } catch {
                throw StateError.damaged(table.name, error)
            }
        }
    }
}

/// SHA-256 for keys that have to be shortened. Rare, so it makes its context anew.
func hashKey(_ bytes: [UInt8]) -> SHA256Hash {
    var hasher = SHA256Hasher()
    return hasher.hash(bytes)
}

extension Claims {
    /// A source may be watched once by a tenant.
    public static func repository(_ tenant: TenantID, _ locator: Locator) -> [UInt8] {
        repository(tenant, locator, hash: hashKey)
    }

    /// A tenant's name is its own.
    public static func tenant(_ name: String) -> [UInt8] { tenant(name, hash: hashKey) }

    /// A report of a provider is taken once, for ever.
    public static func delivery(_ provider: String, _ delivery: String) -> [UInt8] {
        self.delivery(provider, delivery, hash: hashKey)
    }
}
