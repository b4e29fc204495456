import EventGenerator
import Events
import ProviderKit
import Synchronization
import Testing

@testable import Vault

/// Keys that live as long as the test does.
final class MemoryKeys: TenantKeyStore {
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

    func set(_ id: KeyID, _ key: TenantKey) { keys.withLock { $0[id] = key } }
}

/// Sealed payloads of records: what is sealed opens, and nothing else does.
@Suite struct SealingTests {
    @Test(arguments: [1, 2] as [UInt64])
    func everyKindOpensWithItsKeyAlone(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let store = MemoryKeys()
        let keys = TenantKeys(store: store)
        for round in 0..<20 {
            for kind in EventKind.allCases {
                let event = generator.event(kind)
                let comment: Comment = "seed \(seed), round \(round), \(kind.name)"
                let draft = EventDraft(event, tenant: TenantID(4), repository: .back(2))
                let clear = draft.encode(at: generator.time())
                var record = try draft.encode(at: generator.time(), keys: keys)
                let position = LogPosition(70)
                let header = try RecordHeader(record: record.span.bytes, at: position)
                let isSealed = try RecordHeader(record: clear.span.bytes, at: position).sealedByteCount > 0
                #expect(header.key == (isSealed ? KeyID(rawValue: 4) : .none), comment)
                // The writer may move the time.
                record[RecordHeader.timeOffset + 7] ^= 1
                let opened = try Envelope(record: record.span.bytes, at: position, keys: keys)
                #expect(opened.event == event && opened.sealing == .open, comment)
                guard isSealed else { continue }
                // Without its key: the same event but for what is sealed, and it says so.
                let closed = try Envelope(record: record.span.bytes, at: position)
                #expect(closed.sealing == .closed && closed.event.kind == kind, comment)
                store.set(KeyID(rawValue: 4), .erased)
                let erased = try Envelope(record: record.span.bytes, at: position, keys: TenantKeys(store: store))
                #expect(erased.sealing == .erased && erased.event == closed.event, comment)
                store.set(KeyID(rawValue: 4), .missing("lost"))
                let lost = try Envelope(record: record.span.bytes, at: position, keys: TenantKeys(store: store))
                #expect(lost.sealing == .keyMissing && lost.event == closed.event, comment)
                _ = try store.makeTenantKey(KeyID(rawValue: 4))
            }
        }
    }

    @Test func everyChangedBitIsNoticed() throws {
        let keys = TenantKeys(store: MemoryKeys())
        let draft = EventDraft(
            .tenantAdded(TenantAdded(id: TenantID(3), name: "planted")), tenant: TenantID(3), domain: .public)
        let record = try draft.encode(at: Timestamp(seconds: 5), keys: keys)
        #expect(!String(decoding: record, as: UTF8.self).contains("planted"))
        for bit in 0..<record.count * 8 {
            // The time and the leaf hash are not the seal's: the tree covers them.
            guard !(8..<16).contains(bit / 8), !(64..<96).contains(bit / 8) else { continue }
            var changed = record
            changed[bit / 8] ^= 1 << (bit % 8)
            // Another key's number: that one is not there.
            if (24..<28).contains(bit / 8) {
                let other = try Envelope(record: changed.span.bytes, at: LogPosition(9), keys: keys)
                #expect(other.sealing == .keyMissing, "bit \(bit)")
                continue
            }
            #expect(throws: DecodingFailure.self, "bit \(bit)") {
                try Envelope(record: changed.span.bytes, at: LogPosition(9), keys: keys)
            }
        }
    }

    /// The same payload twice is two ciphertexts, and nonces never repeat, whichever context made them.
    @Test func noncesNeverRepeat() async throws {
        let keys = TenantKeys(store: MemoryKeys())
        let draft = EventDraft(.tenantAdded(TenantAdded(id: TenantID(3), name: "planted")), tenant: TenantID(3))
        let nonces = try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try (0..<700).map { _ in
                        let record = try draft.encode(at: Timestamp(seconds: 5), keys: keys)
                        let header = try RecordHeader(record: record.span.bytes, at: LogPosition(0))
                        return Array(record[(96 + header.clearByteCount)...].prefix(12))
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(nonces).count == 2800)
    }

    @Test func nothingIsRecordedOfTheErasedAndNoLostKeyIsReplaced() throws {
        let store = MemoryKeys()
        func failure(_ keys: TenantKeys) -> SealingFailure.Code? {
            do {
                _ = try keys.sealingKey(of: TenantID(3))
                return nil
            } catch { return (error as? SealingFailure)?.code }
        }
        store.set(KeyID(rawValue: 3), .erased)
        #expect(failure(TenantKeys(store: store)) == .erased)
        store.set(KeyID(rawValue: 3), .missing("lost"))
        let keys = TenantKeys(store: store)
        keys.findUse { _ in true }
        #expect(failure(keys) == .keyMissing)
        keys.findUse { _ in false }
        #expect(failure(keys) == nil)
    }
}

@Suite struct TenantKeyTests {
    private let id = KeyID(rawValue: 7)

    private func tenants(_ place: VaultPlace) -> String { place.path + "/../tenants" }

    private func vault(_ place: VaultPlace, _ byte: UInt8, _ stop: Stop? = nil) throws -> Vault {
        try Vault(directory: place.path, tenants: tenants(place), masterKey: [UInt8](repeating: byte, count: 32)) {
            _ throws(VaultError) in try stop?.step()
        }
    }

    @Test func isMadeOnceAndDestroyedForGood() throws {
        let place = VaultPlace()
        let vault = try vault(place, 1)
        guard case .missing = try vault.tenantKey(id) else { return #expect(Bool(false), "nobody made it") }
        let key = try vault.makeTenantKey(id)
        #expect(try self.vault(place, 1).tenantKey(id) == .present(key))
        #expect(throws: VaultError.self) { try vault.makeTenantKey(id) }
        guard case .missing = try self.vault(place, 2).tenantKey(id) else { return #expect(Bool(false), "wrong key") }
        #expect(throws: VaultError.self) { try self.vault(place, 2).makeTenantKey(id) }
        try vault.destroyTenantKey(id)
        #expect(try vault.tenantKey(id) == .erased)
        #expect(try Vault.erasedTenantKeys(in: tenants(place)) == [id])
        #expect(throws: VaultError.self) { try vault.makeTenantKey(id) }
        try vault.destroyTenantKey(id)
    }

    /// Cut anywhere, the key is there as before, or it is known to be erased; once more ends it.
    @Test func aCutDestructionIsFinished() throws {
        var steps = 0
        while true {
            let place = VaultPlace()
            let stop = Stop()
            let vault = try vault(place, 1, stop)
            let key = try vault.makeTenantKey(id)
            stop.after(steps)
            let wasCut = (try? vault.destroyTenantKey(id)) == nil
            stop.never()
            let after = try self.vault(place, 1)
            #expect([.present(key), .erased].contains(try after.tenantKey(id)), "stopped before step \(steps)")
            try after.destroyTenantKey(id)
            #expect(try after.tenantKey(id) == .erased)
            #expect(try after.tenants?.names() == ["7.erased"], "stopped before step \(steps)")
            guard wasCut else { break }
            steps += 1
        }
        #expect(steps > 5)
    }

    /// A rotation that is cut anywhere loses no key, and the same command ends it.
    @Test func aRotationTakesTheKeysAlong() throws {
        var steps = 0
        while true {
            let place = VaultPlace()
            let stop = Stop()
            let vault = try vault(place, 1, stop)
            try vault.store(id: LogPosition(1), secret: Secret("planted"))
            let keys = try [7, 8].map { try vault.makeTenantKey(KeyID(rawValue: $0)) }
            let gone = KeyID(rawValue: 9)
            _ = try vault.makeTenantKey(gone)
            try vault.destroyTenantKey(gone)
            stop.after(steps)
            let wasCut = (try? vault.rotate(to: [UInt8](repeating: 2, count: 32))) == nil
            stop.never()
            let comment: Comment = "stopped before step \(steps)"
            #expect(try vault.tenantKey(id) == .present(keys[0]), comment)
            // One of the two master keys opens everything.
            let opening = try [2, 1].map { try self.vault(place, $0) }.first { (try? $0.checkKey()) != nil }
            let next = try #require(opening, comment)
            try next.rotate(to: [UInt8](repeating: 2, count: 32))
            let after = try self.vault(place, 2)
            for (number, key) in zip([7, 8] as [UInt32], keys) {
                #expect(try after.tenantKey(KeyID(rawValue: number)) == .present(key), comment)
            }
            #expect(try after.tenantKey(gone) == .erased)
            guard wasCut else { break }
            steps += 1
        }
        #expect(steps > 10)
    }
}
