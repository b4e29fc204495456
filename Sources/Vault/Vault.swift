public import Events
public import OpenSSL
public import ProviderKit
import Synchronization

/// Keeps the secrets of credentials, sealed with the master key, one file each. It holds none in memory.
///
/// A file is named by the position of its `CredentialStored`, which its seal covers: a file under another's name does not
/// open. One process at a time may write; whoever holds the log does.
public final class Vault: Sendable {
    /// Longest secret in bytes. Tokens have some hundred; a private key in PEM has a few thousand.
    public static let maximumSecretByteCount = 64 << 10

    /// Under this id lies the key that signs the log's checkpoints. No event stands there.
    public static let checkpointKeyID = LogPosition(.max - 1)

    /// Holds the key that a rotation replaces, sealed with the new one, while the rotation runs.
    private static let rotationName = "rotation"
    private static let credentialSuffix = ".sealed"

    private struct Keys {
        /// Seals.
        var current: MasterKey
        /// Opens what a rotation has not come to yet.
        var replaced: MasterKey?
    }

    private let folder: VaultFolder
    private let random: @Sendable (Int) throws -> [UInt8]
    private let keys: Mutex<Keys>

    /// Opens the vault in a folder, which is made where it is missing.
    ///
    /// - Parameters:
    ///   - directory: `DATA/keys/credentials`.
    ///   - masterKey: 32 bytes. After a rotation that was cut, the new key opens all that the old one did.
    ///   - random: bytes that nobody can guess.
    /// - Throws: ``VaultError``.
    public convenience init(
        directory: String, masterKey: [UInt8],
        random: @escaping @Sendable (Int) throws -> [UInt8] = { try secureRandomBytes($0) }
    ) throws {
        try self.init(directory: directory, masterKey: masterKey, random: random, before: { _ in })
    }

    /// - Parameter before: called before each step on the disk; for tests that stop there.
    package init(
        directory: String, masterKey: [UInt8],
        random: @escaping @Sendable (Int) throws -> [UInt8] = { try secureRandomBytes($0) },
        before: @escaping @Sendable (VaultStep) throws(VaultError) -> Void
    ) throws {
        folder = VaultFolder(path: directory, before: before)
        self.random = random
        let current = try MasterKey(masterKey)
        try folder.prepare()
        keys = Mutex(Keys(current: current, replaced: try Self.replacedKey(in: folder, sealedBy: current)))
    }

    /// The key that a rotation to `current` was replacing when it was cut; nil where none was, or it went to another key.
    private static func replacedKey(in folder: VaultFolder, sealedBy current: MasterKey) throws -> MasterKey? {
        guard let bytes = try folder.read(rotationName, atMost: SealedFile.maximumByteCount) else { return nil }
        guard let file = SealedFile(bytes), file.purpose == .replacedKey else {
            throw VaultError(.damaged, "the file of a key rotation at \(folder.path) is damaged: restore it")
        }
        guard file.fingerprint == current.fingerprint else { return nil }
        // The seal says no more than that it does not fit.
        guard let bytes = try? file.open(with: current) else {
            throw VaultError(.damaged, "the file of a key rotation at \(folder.path) was changed: restore it")
        }
        return try MasterKey(bytes)
    }

    /// A rotation was cut. ``rotate(to:)`` with the key that this vault was opened with finishes it.
    public var isRotating: Bool { keys.withLock { $0.replaced != nil } }

    /// Keeps a secret, in place of the one that was there under that id.
    ///
    /// - Throws: ``VaultError``. Then the old one is still there.
    public func store(id: LogPosition, secret: Secret) throws {
        let bytes = secret.reveal()
        guard bytes.count <= Self.maximumSecretByteCount else {
            throw VaultError(.invalid, "a secret has at most \(Self.maximumSecretByteCount) bytes", id: id)
        }
        // The lock is held during the write: a rotation must not pass by in between.
        try keys.withLock { try seal(bytes, id: id, with: $0.current) }
    }

    /// The secret of that id.
    ///
    /// - Throws: ``VaultError`` (notFound, wrongKey, damaged, io).
    public func secret(of id: LogPosition) throws -> Secret {
        try keys.withLock { Secret(try open(id, with: $0).secret) }
    }

    /// Forgets a secret; nothing happens where there is none.
    ///
    /// - Throws: ``VaultError``.
    public func remove(id: LogPosition) throws {
        try keys.withLock { _ in try folder.remove(Self.name(of: id)) }
    }

    /// Of which credentials there are secrets, in order.
    ///
    /// - Throws: ``VaultError``.
    public func ids() throws -> [LogPosition] {
        try folder.names().compactMap { name in
            guard name.hasSuffix(Self.credentialSuffix) else { return nil }
            return UInt64(name.dropLast(Self.credentialSuffix.count)).map { LogPosition($0) }
        }.sorted()
    }

    /// Seals all secrets with another key, which is this vault's from then on.
    ///
    /// From the first change on the new key alone opens everything, whatever happens: before it, the old key is sealed
    /// with the new one. So the new key has to be kept safely before this is called. Cut, it is called again.
    ///
    /// - Parameter newKey: 32 bytes; the key that the vault was opened with only finishes a rotation that was cut.
    /// - Returns: how many secrets there are.
    /// - Throws: ``VaultError``. Where a secret does not open, nothing is changed.
    @discardableResult
    public func rotate(to newKey: [UInt8]) throws -> Int {
        let new = try MasterKey(newKey)
        return try keys.withLock { keys in
            if keys.replaced != nil { try reseal(&keys) }
            guard new != keys.current else { return try ids().count }
            for id in try ids() { _ = try open(id, with: keys) }
            let file = try sealed(keys.current.bytes, purpose: .replacedKey, id: LogPosition(0), with: new)
            // Durable before anything is sealed with the new key.
            try folder.write(Self.rotationName, file)
            keys.replaced = keys.current
            keys.current = new
            return try reseal(&keys)
        }
    }

    /// Brings everything under the current key, and then forgets the other.
    @discardableResult
    private func reseal(_ keys: inout Keys) throws -> Int {
        let ids = try ids()
        for id in ids {
            let (secret, isCurrent) = try open(id, with: keys)
            if !isCurrent { try seal(secret, id: id, with: keys.current) }
        }
        try folder.remove(Self.rotationName)
        keys.replaced = nil
        return ids.count
    }

    private func open(_ id: LogPosition, with keys: Keys) throws -> (secret: [UInt8], isCurrent: Bool) {
        guard let bytes = try folder.read(Self.name(of: id), atMost: SealedFile.maximumByteCount) else {
            throw VaultError(.notFound, "the vault has no secret of credential \(id.rawValue): add it again", id: id)
        }
        guard let file = SealedFile(bytes), file.purpose == .credential, file.id == id else {
            throw Self.damage(id)
        }
        guard
            let key = [keys.current, keys.replaced].compactMap(\.self).first(where: {
                $0.fingerprint == file.fingerprint
            })
        else {
            throw VaultError(
                .wrongKey,
                """
                credential \(id.rawValue) was sealed with the master key \(Hex.encode(file.fingerprint)), and the one given is \
                \(Hex.encode(keys.current.fingerprint)): set the key that was used, or the newer one if a rotation was cut
                """, id: id)
        }
        do {
            return (try file.open(with: key), key == keys.current)
        } catch {
            throw Self.damage(id)
        }
    }

    private func seal(_ secret: [UInt8], id: LogPosition, with key: MasterKey) throws {
        try folder.write(Self.name(of: id), try sealed(secret, purpose: .credential, id: id, with: key))
    }

    private func sealed(
        _ secret: [UInt8], purpose: SealedFile.Purpose, id: LogPosition, with key: MasterKey
    ) throws -> [UInt8] {
        try SealedFile.seal(secret, purpose: purpose, id: id, key: key, nonce: try random(AESGCM.nonceByteCount))
    }

    private static func damage(_ id: LogPosition) -> VaultError {
        VaultError(.damaged, "the secret of credential \(id.rawValue) was changed or cut: add it again", id: id)
    }

    private static func name(of id: LogPosition) -> String { "\(id.rawValue)\(credentialSuffix)" }
}
