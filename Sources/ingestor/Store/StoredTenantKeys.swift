import EventLog
import Events
import State
import Vault

/// The tenants' keys for a process that writes: in the vault, which it has alone.
extension LazyVault: TenantKeyStore {
    func tenantKey(_ id: KeyID) throws -> TenantKey {
        if try erasedTenantKeys().contains(id) { return .erased }
        if let reason = try data.missingMasterKey(given: givenKey) { return .missing(reason) }
        return try open().tenantKey(id)
    }

    func makeTenantKey(_ id: KeyID) throws -> [UInt8] { try open().makeTenantKey(id) }
    func erasedTenantKeys() throws -> [KeyID] { try Vault.erasedTenantKeys(in: data.tenantKeys) }
}

/// The tenants' keys for a process that only reads, beside one that may be writing, or replacing the master key.
struct ReadTenantKeys: TenantKeyStore {
    let data: DataDirectory
    /// Given from outside; nil: it lies in the data directory.
    let givenKey: [UInt8]?

    func tenantKey(_ id: KeyID) throws -> TenantKey {
        if try erasedTenantKeys().contains(id) { return .erased }
        if let reason = try data.missingMasterKey(given: givenKey) { return .missing(reason) }
        var found = TenantKey.missing("there is no master key")
        for masterKey in try masterKeys() {
            let vault = try Vault(
                directory: data.credentials, tenants: data.tenantKeys, masterKey: masterKey, isReadOnly: true)
            found = try vault.tenantKey(id)
            if case .present = found { return found }
        }
        return found
    }

    func makeTenantKey(_ id: KeyID) throws -> [UInt8] {
        throw CommandError("a command that reads makes no key for tenant \(id.rawValue)")
    }

    func erasedTenantKeys() throws -> [KeyID] { try Vault.erasedTenantKeys(in: data.tenantKeys) }

    /// While the key is replaced either may be the one.
    private func masterKeys() throws -> [[UInt8]] {
        if let givenKey { return [givenKey] }
        var keys: [[UInt8]] = []
        for path in [data.newMasterKey, data.masterKey] where try FileSystem.kind(path) == .file {
            keys.append(try MasterKey.load(path))
        }
        return keys
    }
}

extension DataDirectory {
    /// Why there is no master key; nil where there is one.
    func missingMasterKey(given: [UInt8]?) throws -> String? {
        guard given == nil, try FileSystem.kind(masterKey) != .file, try FileSystem.kind(newMasterKey) != .file else {
            return nil
        }
        return "there is no master key: \(masterKey) is missing, and INGESTOR_MASTER_KEY gives none"
    }
}

extension TenantKeys {
    /// Keys for reading.
    convenience init(reading context: Context) {
        self.init(store: ReadTenantKeys(data: context.data, givenKey: context.settings.masterKey))
    }

    /// Has it look in the log whether a key that is not there was ever used. Neither is held on to.
    func findUse(in log: EventLog, _ state: StateStore) {
        findUse { [weak log, weak state] key in
            guard let log, let state else { return false }
            var isUsed = false
            try log.read { snapshot in
                try state.read { view in
                    try view.forEachPosition(.tenant(TenantID(key.rawValue))) { position in
                        isUsed = try snapshot.header(at: position)?.key == key
                        return !isUsed
                    }
                }
            }
            return isUsed
        }
    }
}
