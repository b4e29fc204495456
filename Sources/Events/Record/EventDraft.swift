/// An event that somebody wants appended: what happened, whose it is, and what it follows from.
public struct EventDraft: Sendable, Equatable {
    public var event: Event
    public var tenant: TenantID
    public var domain: Domain
    public var repository: Reference
    public var correlation: Reference
    public var causation: Reference
    /// Whose key seals what is sealed of it: the tenant's, unless it concerns one without being one's own.
    public var sealedFor: TenantID

    /// A draft. Where nothing is said of correlation the event begins a story of its own.
    public init(
        _ event: Event, tenant: TenantID, domain: Domain? = nil, repository: Reference = .none,
        correlation: Reference = .itself, causation: Reference = .none, sealedFor: TenantID? = nil
    ) {
        self.event = event
        self.tenant = tenant
        self.domain = domain ?? .tenant(tenant)
        self.repository = repository
        self.correlation = correlation
        self.causation = causation
        self.sealedFor = sealedFor ?? tenant
    }

    /// The record in clear, complete but for its leaf hash, which is left zero.
    ///
    /// - Parameter time: when it happened. The writer moves it forward where the log's last event is later.
    public func encode(at time: Timestamp) -> [UInt8] {
        let payload = event.encodePayload()
        var record = header(at: time, key: .none, clear: payload.clear, sealedByteCount: payload.sealed.count)
        record.append(contentsOf: payload.sealed)
        return record
    }

    /// The record, complete but for its leaf hash, which is left zero. What is to be sealed is sealed, where it is a tenant's.
    ///
    /// - Throws: what `keys` throw.
    public func encode(at time: Timestamp, keys: some RecordKeys) throws -> [UInt8] {
        let payload = event.encodePayload()
        let isSealed = sealedFor != .none && !payload.sealed.isEmpty
        guard isSealed else {
            var record = header(at: time, key: .none, clear: payload.clear, sealedByteCount: payload.sealed.count)
            record.append(contentsOf: payload.sealed)
            return record
        }
        let key = try keys.sealingKey(of: sealedFor)
        let sealedByteCount = payload.sealed.count + RecordHeader.sealOverheadByteCount
        var record = header(at: time, key: key, clear: payload.clear, sealedByteCount: sealedByteCount)
        let end = record.count + sealedByteCount
        try keys.seal(payload.sealed, with: key, onto: &record)
        precondition(record.count == end, "a sealed payload is not as long as its header says")
        return record
    }

    /// Header and clear payload.
    private func header(at time: Timestamp, key: KeyID, clear: [UInt8], sealedByteCount: Int) -> [UInt8] {
        precondition(
            clear.count <= RecordHeader.maximumPayloadByteCount
                && sealedByteCount <= RecordHeader.maximumPayloadByteCount,
            "an event's payload is over its limit: its producer has to split it")
        var record: [UInt8] = []
        record.reserveCapacity(RecordHeader.byteCount + clear.count + sealedByteCount)
        record.append(RecordHeader.layout)
        record.append(0)
        record.append(bigEndian: event.kind.rawValue)
        record.append(bigEndian: event.kind.currentVersion)
        record.append(bigEndian: UInt16(0))
        record.append(time)
        record.append(bigEndian: tenant.rawValue)
        record.append(bigEndian: domain.rawValue)
        record.append(bigEndian: key.rawValue)
        record.append(bigEndian: UInt32(0))
        record.append(bigEndian: UInt32(clear.count))
        record.append(bigEndian: UInt32(sealedByteCount))
        record.append(bigEndian: repository.storedValue)
        record.append(bigEndian: correlation.storedValue)
        record.append(bigEndian: causation.storedValue)
        record.append(contentsOf: repeatElement(0, count: SHA256Hash.byteCount))
        precondition(record.count == RecordHeader.byteCount, "the record header's layout and length disagree")
        record.append(contentsOf: clear)
        return record
    }
}
