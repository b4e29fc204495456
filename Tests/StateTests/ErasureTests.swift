import EventGenerator
import EventLog
import Events
import Glibc
import LMDB
import Projections
import State
import Synchronization
import Testing
import Vault

/// Keys that live as long as the test does.
private final class MemoryKeys: TenantKeyStore {
    private let keys = Mutex<[KeyID: TenantKey]>([:])

    func tenantKey(_ id: KeyID) -> TenantKey { keys.withLock { $0[id] ?? .missing("never made") } }

    func makeTenantKey(_ id: KeyID) throws -> [UInt8] {
        let key = (0..<32).map { UInt8(truncatingIfNeeded: Int(id.rawValue) &* 7 &+ $0) }
        keys.withLock { $0[id] = .present(key) }
        return key
    }

    func erasedTenantKeys() -> [KeyID] {
        keys.withLock { keys in keys.filter { $0.value == .erased }.map(\.key) }
    }

    func set(_ id: KeyID, _ key: TenantKey) -> TenantKey? { keys.withLock { $0.updateValue(key, forKey: id) } }
}

/// What became of a tenant's rows and digests once its key is gone.
@Suite struct ErasureTests {
    static let count = 700
    private static let erased = KeyID(rawValue: 2)

    /// A log of which all is sealed that a tenant's key can seal.
    private func sealedLog(_ seed: UInt64, in directory: String, _ keys: TenantKeys) async throws {
        let log = try EventLog.open(
            directory: directory, mode: .writer, options: .init { $0.mapSizeBytes = 1 << 30 }, keys: keys)
        let writer = try EventLogWriter(log: log, follower: NoFollower(), executor: ThreadExecutor())
        var stream = EventStream(seed: seed)
        for (index, entry) in stream.next(Self.count).enumerated() {
            var draft = entry.draft
            // Some reports concern one tenant, and are sealed for it.
            if case .webhookReceived = draft.event { draft.sealedFor = TenantID(UInt32(index % 4)) }
            Self.mark(&draft.event, draft.sealedFor, at: LogPosition(UInt64(index)))
            _ = try await writer.append([draft], at: entry.time)
        }
    }

    private func open(_ directory: String, _ store: MemoryKeys) throws -> EventLog {
        try EventLog.open(
            directory: directory, mode: .reader, options: .init { $0.mapSizeBytes = 1 << 30 },
            keys: TenantKeys(store: store))
    }

    /// Digests at some positions, by building in bulk and by folding event by event.
    private func digests(
        _ log: EventLog, _ positions: [UInt64], in directory: String
    ) throws -> [[Set<DigestEntry>]] {
        let live = try StateStore.open(
            directory: directory + "/live", log: log, mode: .writer, options: .unfolded)
        return try positions.map { position in
            while try live.count < position { try live.catchUp(to: position, limit: 37) }
            let bulk = try StateBuilder.build(
                log: log, upTo: position, into: directory + "/bulk-\(position)", options: .test)
            return [Set(bulk.digests), Set(try live.read { try $0.digests() })]
        }
    }

    @Test(arguments: [401, 402, 403, 404] as [UInt64])
    func digestsOutliveTheKey(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let store = MemoryKeys()
        try await sealedLog(seed, in: directory("log"), TenantKeys(store: store))
        let positions: [UInt64] = [50, 333, UInt64(Self.count)]
        let before = try digests(try open(directory("log"), store), positions, in: directory("before"))
        let key = try #require(store.set(Self.erased, .erased))
        let after = try digests(try open(directory("log"), store), positions, in: directory("after"))
        for (index, position) in positions.enumerated() {
            #expect(before[index][0] == before[index][1], "seed \(seed), \(position) events: bulk and live")
            #expect(after[index] == before[index], "seed \(seed), \(position) events: erased")
        }
        // A lost key gives the same, and a state that was made without it is made anew once it is found again.
        _ = store.set(Self.erased, .missing("lost"))
        let lost = try digests(try open(directory("log"), store), positions, in: directory("lost"))
        #expect(lost == before, "seed \(seed): lost")
        _ = store.set(Self.erased, key)
        let log = try open(directory("log"), store)
        let original = try StateStore.open(
            directory: directory("before/live"), log: log, mode: .reader, options: .test
        ).read { try $0.contents() }
        #expect(throws: StateError.self, "it was made without the key") {
            try StateStore.open(directory: directory("lost/live"), log: log, mode: .reader, options: .test)
        }
        let again = try StateStore.open(directory: directory("lost/live"), log: log, mode: .writer, options: .test)
        #expect(try again.read { try $0.contents() } == original, "seed \(seed): found again")
    }

    /// Whatever was sealed for the erased tenant stands nowhere in the file of the state.
    @Test(arguments: [411, 412] as [UInt64])
    func noPlaintextIsLeft(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let store = MemoryKeys()
        try await sealedLog(seed, in: directory("log"), TenantKeys(store: store))
        var planted: Set<[UInt8]> = []
        var others: Set<[UInt8]> = []
        do {
            let log = try open(directory("log"), store)
            let state = try StateStore.open(directory: directory("state"), log: log, mode: .writer, options: .test)
            try state.close()
            try log.read { snapshot in
                for position in 0..<UInt64(Self.count) {
                    let envelope = try #require(try snapshot.envelope(at: LogPosition(position)))
                    let isErased = envelope.header.key == Self.erased
                    for text in Self.sealedTexts(envelope.event) where text.count >= 8 {
                        if isErased { planted.insert(text) } else { others.insert(text) }
                    }
                }
            }
        }
        planted.subtract(others)
        try #require(planted.count > 100)
        let file = directory("state") + "/data.mdb"
        #expect(try Self.found(planted, in: file).count > 50, "the search finds what is there")
        _ = store.set(Self.erased, .erased)
        let log = try open(directory("log"), store)
        let state = try StateStore.open(directory: directory("state"), log: log, mode: .writer, options: .test)
        #expect(try state.count == UInt64(Self.count))
        try state.close()
        #expect(try Self.found(planted, in: file) == [], "seed \(seed)")
        #expect(try !Self.found(others, in: file).isEmpty, "the others' rows are there")
    }

    /// Makes what is sealed of an event its tenant's alone, while some paths still have several versions. A release names a path as
    /// the event does that gave it.
    private static func mark(_ event: inout Event, _ tenant: TenantID, at position: LogPosition) {
        func mark(_ position: LogPosition) -> String { " of tenant \(tenant.rawValue), \(position.rawValue % 16)" }
        func mark(_ versions: inout [ReleasedVersion]) {
            for index in versions.indices {
                versions[index].path += Array(mark(versions[index].version.position).utf8)
            }
        }
        let text = mark(position)
        let bytes = Array(text.utf8)
        func mark(_ locator: Locator) -> Locator {
            Locator(provider: locator.provider, source: locator.source + bytes)
        }
        switch event {
        case .itemsChanged(var payload):
            for index in payload.items.indices { payload.items[index].path += bytes }
            event = .itemsChanged(payload)
        case .versionsReleased(var payload):
            mark(&payload.versions)
            event = .versionsReleased(payload)
        case .versionsRestored(var payload):
            mark(&payload.versions)
            event = .versionsRestored(payload)
        case .repositoryAdded(var payload):
            payload.locator = mark(payload.locator)
            event = .repositoryAdded(payload)
        case .repositoryRenamed(var payload):
            payload.new = mark(payload.new)
            event = .repositoryRenamed(payload)
        case .syncFailed(var payload):
            payload.failure.message += text
            event = .syncFailed(payload)
        case .pollFailed(var payload):
            payload.failure.message += text
            event = .pollFailed(payload)
        case .credentialStored(var payload):
            payload.name += text
            event = .credentialStored(payload)
        case .webhookReceived(var payload):
            payload.ref?.name += bytes
            payload.sender += text
            event = .webhookReceived(payload)
        default: break
        }
    }

    private static func sealedTexts(_ event: Event) -> [[UInt8]] {
        switch event {
        case .itemsChanged(let event): event.items.map(\.path)
        case .repositoryAdded(let event): [event.locator.source]
        case .repositoryRenamed(let event): [event.new.source]
        case .syncFailed(let event): [Array(event.failure.message.utf8)]
        case .pollFailed(let event): [Array(event.failure.message.utf8)]
        case .credentialStored(let event): [Array(event.name.utf8)]
        case .webhookReceived(let event): [event.ref?.name ?? [], Array(event.sender.utf8)]
        default: []
        }
    }

    /// Which of the texts stand anywhere in a file.
    private static func found(_ texts: Set<[UInt8]>, in path: String) throws -> [String] {
        // By their first two bytes, so that one pass is enough.
        var buckets = [[[UInt8]]](repeating: [], count: 1 << 16)
        for text in texts { buckets[Int(text[0]) << 8 | Int(text[1])].append(text) }
        var found: Set<[UInt8]> = []
        try readFile(path).withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            var offset = 0
            while offset + 1 < bytes.count {
                let bucket = buckets[Int(bytes[offset]) << 8 | Int(bytes[offset + 1])]
                if !bucket.isEmpty {
                    for text in bucket where offset + text.count <= bytes.count {
                        if memcmp(start + offset, text, text.count) == 0 { found.insert(text) }
                    }
                }
                offset += 1
            }
        }
        return found.map { String(decoding: $0, as: UTF8.self) }
    }
}
