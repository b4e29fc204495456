public import Events
public import OpenSSL
import Synchronization

/// The tenants' keys at work: seals and opens the sealed payloads of records.
///
/// A tenant has one key in its life, and its id is the tenant's number, which is never given again; so the id of a key that
/// was destroyed is never used for another one. What seals records is derived from the tenant's key, and so is what seals
/// shards: neither says anything of the other.
public final class TenantKeys: RecordKeys {
    private static let recordInfo = Array("ingestor record".utf8)
    static let shardInfo = Array("ingestor shard".utf8)

    private enum State {
        /// What the tenant's key seals records with.
        case present(CipherPool)
        case erased
        case missing(String)
    }

    private struct Known {
        var states: [KeyID: State] = [:]
        var isUsed: @Sendable (KeyID) throws -> Bool = { _ in false }
    }

    private let store: any TenantKeyStore
    private let random: @Sendable (Int) throws -> [UInt8]
    private let known = Mutex(Known())

    /// - Parameter random: bytes that nobody can guess.
    public init(
        store: any TenantKeyStore, random: @escaping @Sendable (Int) throws -> [UInt8] = { try secureRandomBytes($0) }
    ) {
        self.store = store
        self.random = random
    }

    /// Says how to find out whether the log names a key. Where it does, and the key is not there, it is lost, and no other one
    /// takes its place.
    public func findUse(by isUsed: @escaping @Sendable (KeyID) throws -> Bool) {
        known.withLock { $0.isUsed = isUsed }
    }

    public func sealingKey(of tenant: TenantID) throws -> KeyID {
        let id = KeyID(rawValue: tenant.rawValue)
        try known.withLock { known in
            switch try lookUp(id, &known) {
            case .present: return
            case .erased:
                throw SealingFailure(
                    .erased, tenant, "tenant \(tenant.rawValue) was erased: nothing is recorded of it any more")
            case .missing(let reason):
                guard try !known.isUsed(id) else { throw Self.lost(tenant, reason) }
                do {
                    known.states[id] = .present(try pool(try store.makeTenantKey(id)))
                } catch let error as VaultError where error.code == .invalid {
                    throw Self.lost(tenant, reason)
                }
            }
        }
        return id
    }

    private static func lost(_ tenant: TenantID, _ reason: String) -> SealingFailure {
        SealingFailure(
            .keyMissing, tenant,
            "the key of tenant \(tenant.rawValue) is missing (\(reason)): restore the folder keys and the master key")
    }

    public func seal(_ plaintext: [UInt8], with key: KeyID, onto record: inout [UInt8]) throws {
        let state = try known.withLock { known in try lookUp(key, &known) }
        guard case .present(let pool) = state else {
            throw Self.lost(TenantID(key.rawValue), "it was there a moment ago")
        }
        let cipher = try pool.take(.seal)
        try cipher.seal(plaintext, onto: &record, random: random)
        pool.giveBack(cipher)
    }

    public func open(_ record: RawSpan, _ header: RecordHeader) throws(DecodingFailure) -> OpenedPayload {
        let state: State
        do {
            state = try known.withLock { known in try lookUp(header.key, &known) }
        } catch {
            throw DecodingFailure("its key cannot be read: \(error)")
        }
        switch state {
        case .erased: return .erased
        case .missing: return .keyMissing
        case .present(let pool):
            do {
                let cipher = try pool.take(.open)
                let plaintext = try cipher.open(record, header)
                pool.giveBack(cipher)
                return .opened(plaintext)
            } catch {
                throw DecodingFailure("its sealed part does not open: it, or the key, was changed")
            }
        }
    }

    /// Forgets a key that was destroyed.
    public func forget(_ id: KeyID) { known.withLock { $0.states[id] = .erased } }

    /// Why a key cannot be had; nil where it can, or was destroyed.
    public func missingReason(_ id: KeyID) throws -> String? {
        let state = try known.withLock { known in try lookUp(id, &known) }
        guard case .missing(let reason) = state else { return nil }
        return reason
    }

    public func isPresent(_ id: KeyID) throws -> Bool {
        let state = try known.withLock { known in try lookUp(id, &known) }
        return if case .present = state { true } else { false }
    }

    public func erasedKeys() throws -> Set<KeyID> { Set(try store.erasedTenantKeys()) }

    private func lookUp(_ id: KeyID, _ known: inout Known) throws -> State {
        if let state = known.states[id] { return state }
        let state: State =
            switch try store.tenantKey(id) {
            case .present(let key): .present(try pool(key))
            case .erased: .erased
            case .missing(let reason): .missing(reason)
            }
        known.states[id] = state
        return state
    }

    /// The key itself, which is not kept in memory.
    func tenantKey(_ id: KeyID) throws -> TenantKey { try store.tenantKey(id) }

    public func randomBytes(_ count: Int) throws -> [UInt8] { try random(count) }

    private func pool(_ key: consuming [UInt8]) throws -> CipherPool {
        defer { key.wipe() }
        guard key.count == AESGCM.keyByteCount else {
            throw VaultError(
                .damaged, "the key of a tenant has \(key.count) bytes instead of 32: restore it from a backup")
        }
        return CipherPool(key: HKDFSHA256.expand(key, info: Self.recordInfo))
    }
}
