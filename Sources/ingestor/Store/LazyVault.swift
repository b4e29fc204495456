import EventLog
import Events
import Ingest
import OpenSSL
import ProviderKit
import Synchronization
import Vault

/// The vault of a data directory, opened when somebody first needs it: many commands need no secret.
final class LazyVault: SecretStore {
    let data: DataDirectory
    /// Given from outside; nil: it lies in the data directory.
    let givenKey: [UInt8]?
    private let vault = Mutex<Vault?>(nil)

    init(data: DataDirectory, givenKey: [UInt8]?) {
        self.data = data
        self.givenKey = givenKey
    }

    func store(id: LogPosition, secret: Secret) throws { try open().store(id: id, secret: secret) }
    func secret(of id: LogPosition) throws -> Secret { try open().secret(of: id) }
    func remove(id: LogPosition) throws { try open().remove(id: id) }

    /// The key that signs the log's checkpoints; nil where none was made yet.
    func checkpointKey() throws -> [UInt8]? {
        do {
            return try open().secret(of: Vault.checkpointKeyID).reveal()
        } catch let error as VaultError where error.code == .notFound {
            return nil
        }
    }

    /// Makes the key that signs the log's checkpoints, and keeps it.
    func makeCheckpointKey() throws -> [UInt8] {
        let key = try secureRandomBytes(NoteSigner.seedByteCount)
        try open().store(id: Vault.checkpointKeyID, secret: Secret(key))
        return key
    }

    /// Seals everything with a new key that is made here, and keeps it in the place of the old one.
    ///
    /// - Returns: how many secrets there are.
    /// - Throws: ``CommandError`` where the key is given from outside.
    func rotate() throws -> Int {
        guard givenKey == nil else {
            throw CommandError(
                "the master key is given as a setting: put the new one into a file, and name it with --new-key-file")
        }
        let vault = try open()
        // The new key is kept before anything is sealed with it, and takes the old one's name when all is.
        try MasterKey.generate(at: data.newMasterKey)
        let count = try vault.rotate(to: try MasterKey.load(data.newMasterKey))
        try replaceKey()
        return count
    }

    /// Seals everything with a key that somebody keeps elsewhere.
    func rotate(to key: [UInt8]) throws -> Int { try open().rotate(to: key) }

    func open() throws -> Vault {
        try vault.withLock { vault in
            if let vault { return vault }
            let opened = try givenKey.map { try self.vault(with: $0) } ?? openWithKeptKey()
            vault = opened
            return opened
        }
    }

    /// Ends a rotation that was cut, if there was one.
    private func openWithKeptKey() throws -> Vault {
        if try FileSystem.kind(data.newMasterKey) == .file {
            let key = try MasterKey.load(data.newMasterKey)
            let renewed = try self.vault(with: key)
            if try renewed.isRotating || opensAll(renewed) {
                _ = try renewed.rotate(to: key)
                try replaceKey()
                return renewed
            }
            // It was cut before anything was sealed with the new key.
            try FileSystem.removeTree(data.newMasterKey)
        }
        return try self.vault(with: try MasterKey.load(data.masterKey))
    }

    private func opensAll(_ vault: Vault) throws -> Bool {
        do {
            try vault.checkKey()
            return true
        } catch let error as VaultError where error.code == .wrongKey {
            return false
        }
    }

    private func vault(with key: [UInt8]) throws -> Vault {
        try Vault(directory: data.credentials, tenants: data.tenantKeys, masterKey: key)
    }

    private func replaceKey() throws { try FileSystem.renameDurably(data.newMasterKey, to: data.masterKey) }
}
