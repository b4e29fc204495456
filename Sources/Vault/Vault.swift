public import Events
public import OpenSSL
public import ProviderKit
import Synchronization

/// Keeps the secrets of credentials and the keys of tenants, sealed with the master key, one file each. It holds none in memory.
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

    struct Keys {
        /// Seals.
        var current: MasterKey
        /// Opens what a rotation has not come to yet.
        var replaced: MasterKey?
    }

    private let folder: VaultFolder
    /// Of the tenants' keys.
    let tenants: VaultFolder?
    let random: @Sendable (Int) throws -> [UInt8]
    let keys: Mutex<Keys>

    /// One file that the master key seals.
    struct Place {
        let folder: VaultFolder
        let name: String
        let purpose: SealedFile.Purpose
        let id: LogPosition
        /// What it is, for people: `the secret of credential 7`.
        let what: String
    }

    /// Opens the vault in a folder, which is made where it is missing.
    ///
    /// - Parameters:
    ///   - directory: `DATA/keys/credentials`.
    ///   - tenants: `DATA/keys/tenants`; nil: there are no keys of tenants.
    ///   - masterKey: 32 bytes. After a rotation that was cut, the new key opens all that the old one did.
    ///   - isReadOnly: nothing is made and nothing swept away, since another process may be writing.
    ///   - random: bytes that nobody can guess.
    /// - Throws: ``VaultError``.
    public convenience init(
        directory: String, tenants: String? = nil, masterKey: [UInt8], isReadOnly: Bool = false,
        random: @escaping @Sendable (Int) throws -> [UInt8] = { try secureRandomBytes($0) }
    ) throws {
        try self.init(
            directory: directory, tenants: tenants, masterKey: masterKey, isReadOnly: isReadOnly, random: random,
            before: { _ in })
    }

    /// - Parameter before: called before each step on the disk; for tests that stop there.
    package init(
        directory: String, tenants: String? = nil, masterKey: [UInt8], isReadOnly: Bool = false,
        random: @escaping @Sendable (Int) throws -> [UInt8] = { try secureRandomBytes($0) },
        before: @escaping @Sendable (VaultStep) throws(VaultError) -> Void
    ) throws {
        folder = VaultFolder(path: directory, before: before)
        self.tenants = tenants.map { VaultFolder(path: $0, before: before) }
        self.random = random
        let current = try MasterKey(masterKey)
        if !isReadOnly {
            try folder.prepare()
            try self.tenants?.prepare()
        }
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
        try keys.withLock { try seal(bytes, at: credential(id), with: $0.current) }
    }

    /// The secret of that id.
    ///
    /// - Throws: ``VaultError`` (notFound, wrongKey, damaged, io).
    public func secret(of id: LogPosition) throws -> Secret {
        try keys.withLock { keys in
            guard let (secret, _) = try open(credential(id), with: keys) else {
                throw VaultError(
                    .notFound, "the vault has no secret of credential \(id.rawValue): add it again", id: id)
            }
            return Secret(secret)
        }
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
        try Self.numbers(in: folder, suffix: Self.credentialSuffix).map { LogPosition($0) }
    }

    static func numbers(in folder: VaultFolder, suffix: String) throws -> [UInt64] {
        try folder.names().compactMap { name in
            name.hasSuffix(suffix) ? UInt64(name.dropLast(suffix.count)) : nil
        }.sorted()
    }

    /// Opens everything once.
    ///
    /// - Throws: ``VaultError`` for the first that does not open.
    public func checkKey() throws {
        try keys.withLock { keys in for place in try places() { _ = try open(place, with: keys) } }
    }

    /// All that the master key seals.
    private func places() throws -> [Place] {
        try ids().map { credential($0) } + (try tenantPlaces())
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
            for place in try places() { _ = try open(place, with: keys) }
            let file = try keys.current.bytes.lend { old in
                try sealed(old, purpose: .replacedKey, id: LogPosition(0), with: new)
            }
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
        for place in try places() {
            guard let (secret, isCurrent) = try open(place, with: keys), !isCurrent else { continue }
            try seal(secret, at: place, with: keys.current)
        }
        try folder.remove(Self.rotationName)
        keys.replaced = nil
        return try ids().count
    }

    /// What a file holds, and whether the current key sealed it; nil where there is none.
    func open(_ place: Place, with keys: Keys) throws -> (secret: [UInt8], isCurrent: Bool)? {
        guard let bytes = try place.folder.read(place.name, atMost: SealedFile.maximumByteCount) else { return nil }
        guard let file = SealedFile(bytes), file.purpose == place.purpose, file.id == place.id else {
            throw Self.damage(place)
        }
        guard
            let key = [keys.current, keys.replaced].compactMap(\.self).first(where: {
                $0.fingerprint == file.fingerprint
            })
        else {
            throw VaultError(
                .wrongKey,
                """
                \(place.what) was sealed with the master key \(Hex.encode(file.fingerprint)), and the one given is \
                \(Hex.encode(keys.current.fingerprint)): set the key that was used, or the newer one if a rotation was cut
                """, id: place.id)
        }
        do {
            return (try file.open(with: key), key == keys.current)
        } catch {
            throw Self.damage(place)
        }
    }

    func seal(_ secret: [UInt8], at place: Place, with key: MasterKey) throws {
        try place.folder.write(place.name, try sealed(secret, purpose: place.purpose, id: place.id, with: key))
    }

    private func sealed(
        _ secret: [UInt8], purpose: SealedFile.Purpose, id: LogPosition, with key: MasterKey
    ) throws -> [UInt8] {
        try SealedFile.seal(secret, purpose: purpose, id: id, key: key, nonce: try random(AESGCM.nonceByteCount))
    }

    private static func damage(_ place: Place) -> VaultError {
        let way = place.purpose == .credential ? "add it again" : "restore it from a backup"
        return VaultError(.damaged, "\(place.what) was changed or cut: \(way)", id: place.id)
    }

    private func credential(_ id: LogPosition) -> Place {
        Place(
            folder: folder, name: Self.name(of: id), purpose: .credential, id: id,
            what: "the secret of credential \(id.rawValue)")
    }

    private static func name(of id: LogPosition) -> String { "\(id.rawValue)\(credentialSuffix)" }
}
