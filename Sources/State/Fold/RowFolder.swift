import EventLog
public import Events
public import Projections

/// Turns sorted deltas into rows and keeps the digests: what folding event by event and building in bulk have in common.
/// Buffers are reused, so that a row costs no allocation.
struct RowFolder: ~Copyable {
    var ledgers: IntervalLedgers
    /// That of the delta that was folded last; see `Deltas.interval`.
    private(set) var interval: UInt16 = 0
    var derivation = Derivation()
    /// The row of the group that was folded last.
    var row = RowBuffer()
    /// Whose sealed parts were opened, and whose should have been.
    var keyUse = KeyUse()
    private var form = DigestForm()
    private var hasher = SHA256Hasher()

    /// Takes the forms to another thread; nil: they are hashed here.
    private let lane: HashingLane?
    private var batch = HashingBatch()

    init(_ ledger: DigestLedger = DigestLedger(), intervalCount: Int = 1, lane: HashingLane? = nil) {
        ledgers = IntervalLedgers(ledger, intervalCount: intervalCount)
        self.lane = lane
    }

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
        return envelope.event.itemCount
    }

    /// Takes the row into the digests, or out of them.
    @inline(__always)
    mutating func count(_ table: Table, _ key: RawSpan, _ row: RawSpan, isRemoval: Bool) {
        enter(table, key, row, isRemoval: isRemoval, from: interval, to: interval)
    }

    /// The same for the row of a sum, from an interval on.
    mutating func count(_ table: Table, _ key: RawSpan, _ row: RawSpan, isRemoval: Bool, from interval: UInt16) {
        enter(table, key, row, isRemoval: isRemoval, from: interval, to: interval)
    }

    @inline(__always)
    private mutating func enter(
        _ table: Table, _ key: RawSpan, _ row: RawSpan, isRemoval: Bool, from: UInt16, to: UInt16
    ) {
        form.write(table, key: key, row: row)
        guard form.isDigested else { return }
        let projection = AllProjections.indexByTable[table.index]
        if let lane {
            batch.add(
                form.bytes, projection: projection, tenant: form.tenant, from: from, to: to, isRemoval: isRemoval)
            if batch.isFull { batch = lane.exchange(batch) }
        } else {
            ledgers.enter(
                hasher.hash(form.bytes), projection: projection, tenant: form.tenant, from: from, to: to,
                isRemoval: isRemoval)
        }
    }

    /// Everything that was counted is on its way to be hashed.
    mutating func flush() {
        if let lane, !batch.isEmpty { batch = lane.exchange(batch) }
    }

    /// Takes what other tables say of the row into `derivation`, or out of it.
    mutating func derive(_ table: Table, _ key: RawSpan, _ row: RawSpan, isRemoval: Bool) throws(StateError) {
        guard table.hasDerived else { return }
        derivation.isRemoval = isRemoval
        derivation.deltas.interval = interval
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
        interval = source.interval
        repeat {
            if source.interval != interval { try pass(table, key, to: source.interval) }
            try apply(table, key, source.delta)
            try source.advance()
        } while !source.isAtEnd && compareKeys(source.key, key) == 0
    }

    /// The row stays as it is from the end of this interval to the one in which something changes it next.
    private mutating func pass(
        _ table: Table, _ key: UnsafeRawBufferPointer, to next: UInt16
    ) throws(StateError) {
        defer { interval = next }
        guard row.isPresent else { return }
        let bytes = row.bytes
        enter(table, key.bytes, bytes.span.bytes, isRemoval: false, from: interval, to: next)
        try derive(table, key.bytes, bytes.span.bytes, isRemoval: false)
        interval = next
        try derive(table, key.bytes, bytes.span.bytes, isRemoval: true)
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
