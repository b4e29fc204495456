/// An event that somebody wants appended: what happened, whose it is, and what it follows from.
public struct EventDraft: Sendable, Equatable {
    public var event: Event
    public var tenant: TenantID
    public var domain: Domain
    public var repository: Reference
    public var correlation: Reference
    public var causation: Reference

    /// A draft. Where nothing is said of correlation the event begins a story of its own.
    public init(
        _ event: Event, tenant: TenantID, domain: Domain? = nil, repository: Reference = .none,
        correlation: Reference = .itself, causation: Reference = .none
    ) {
        self.event = event
        self.tenant = tenant
        self.domain = domain ?? .tenant(tenant)
        self.repository = repository
        self.correlation = correlation
        self.causation = causation
    }

    /// The record, complete but for its leaf hash, which is left zero.
    ///
    /// - Parameter time: when it happened. The writer moves it forward where the log's last event is later.
    public func encode(at time: Timestamp) -> [UInt8] {
        let payload = event.encodePayload()
        precondition(
            payload.clear.count <= RecordHeader.maximumPayloadByteCount
                && payload.sealed.count <= RecordHeader.maximumPayloadByteCount,
            "an event's payload is over its limit: its producer has to split it")
        var record: [UInt8] = []
        record.reserveCapacity(RecordHeader.byteCount + payload.clear.count + payload.sealed.count)
        record.append(RecordHeader.layout)
        record.append(0)
        record.append(bigEndian: event.kind.rawValue)
        record.append(bigEndian: event.kind.currentVersion)
        record.append(bigEndian: UInt16(0))
        record.append(time)
        record.append(bigEndian: tenant.rawValue)
        record.append(bigEndian: domain.rawValue)
        record.append(bigEndian: KeyID.none.rawValue)
        record.append(bigEndian: UInt32(0))
        record.append(bigEndian: UInt32(payload.clear.count))
        record.append(bigEndian: UInt32(payload.sealed.count))
        record.append(bigEndian: repository.storedValue)
        record.append(bigEndian: correlation.storedValue)
        record.append(bigEndian: causation.storedValue)
        record.append(contentsOf: repeatElement(0, count: SHA256Hash.byteCount))
        precondition(record.count == RecordHeader.byteCount, "the record header's layout and length disagree")
        record.append(contentsOf: payload.clear)
        record.append(contentsOf: payload.sealed)
        return record
    }
}
