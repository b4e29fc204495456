import EventGenerator
import Events
import Projections

/// Given these events, the rows are …
struct Given {
    var state = MemoryState()
    var time = Timestamp(seconds: 1_700_000_000)
    var tenant = TenantID(1)
    var domain = Domain.tenant(TenantID(1))

    /// Appends an event a second after the one before it.
    @discardableResult
    mutating func event(
        _ event: Event, of repository: LogPosition? = nil, story: LogPosition? = nil
    ) throws -> LogPosition {
        let position = LogPosition(state.count)
        time = time.adding(seconds: 1)
        var reference = repository.map { Reference.position($0) } ?? .none
        if case .repositoryAdded = event { reference = .itself }
        let draft = EventDraft(
            event, tenant: tenant, domain: domain, repository: reference,
            correlation: story.map { .position($0) } ?? .itself)
        try state.fold(try Envelope(record: draft.encode(at: time).span.bytes, at: position))
        return position
    }

    mutating func repository(_ source: String = "/srv/code") throws -> LogPosition {
        try event(
            .repositoryAdded(
                .init(locator: Locator(provider: "dir", source: Array(source.utf8)), configuration: .init())))
    }

    func repositoryRow(_ position: LogPosition) throws -> RepositoryRow? {
        var key: [UInt8] = []
        key.append(bigEndian: position.rawValue)
        return try state.row(.repositories, key).map {
            try RepositoryRow(key: key.span.bytes, decoding: $0.span.bytes)
        }
    }

    func job(_ position: LogPosition) throws -> JobRow? {
        var key: [UInt8] = []
        key.append(bigEndian: position.rawValue)
        return try state.row(.jobs, key).map { try JobRow(key: key.span.bytes, decoding: $0.span.bytes) }
    }

    func blob(_ hash: SHA1Hash) throws -> BlobRow? {
        let key = BlobRow.key(domain, hash)
        return try state.row(.blobs, key).map { try BlobRow(key: key.span.bytes, decoding: $0.span.bytes) }
    }

    var files: [FileVersion] {
        get throws {
            try state.rows(.files).map { try FileVersion(key: $0.key.span.bytes, decoding: $0.row.span.bytes) }
        }
    }
}
