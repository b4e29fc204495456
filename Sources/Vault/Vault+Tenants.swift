public import Events
import OpenSSL
import Synchronization

/// What there is of a tenant's key.
public enum TenantKey: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// 32 bytes.
    case present([UInt8])
    /// It was destroyed on purpose.
    case erased
    /// There is none, or none that opens; why.
    case missing(String)

    public var description: String {
        switch self {
        case .present: "•••"
        case .erased: "erased"
        case .missing(let reason): "missing: \(reason)"
        }
    }

    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Vault {
    private static let tenantKeySuffix = ".sealed"
    /// Says that a key was destroyed, so that nobody takes it for lost.
    private static let erasedSuffix = ".erased"
    private static let erasedText = Array("destroyed\n".utf8)
    private static let finishedText = Array("destroyed, and what it had sealed is gone\n".utf8)

    /// The key of that id.
    ///
    /// - Throws: ``VaultError`` (io).
    public func tenantKey(_ id: KeyID) throws -> TenantKey {
        try keys.withLock { keys in
            guard let tenants else { return .missing("there is no folder of tenants' keys") }
            if try tenants.read(Self.erasedName(id), atMost: 64) != nil { return .erased }
            do {
                guard let (key, _) = try open(place(id, in: tenants), with: keys) else {
                    return .missing("\(tenants.path)/\(Self.keyName(id)) is not there")
                }
                return .present(key)
            } catch let error as VaultError where error.code == .wrongKey || error.code == .damaged {
                return .missing(error.message)
            }
        }
    }

    /// Makes the key of that id. It is durable when this returns.
    ///
    /// - Throws: ``VaultError``, `invalid` where there is one, or was.
    public func makeTenantKey(_ id: KeyID) throws -> [UInt8] {
        try keys.withLock { keys in
            guard let tenants else { throw VaultError(.invalid, "there is no folder of tenants' keys") }
            for name in [Self.keyName(id), Self.erasedName(id)]
            where try tenants.read(name, atMost: SealedFile.maximumByteCount) != nil {
                throw VaultError(.invalid, "key \(id.rawValue) of a tenant was made before, and is never made again")
            }
            let key = try random(AESGCM.keyByteCount)
            try seal(key, at: place(id, in: tenants), with: keys.current)
            return key
        }
    }

    /// Destroys the key of that id: first it is noted that this was on purpose, then its file is overwritten and removed.
    /// Cut, it is called again. Nothing happens where that was done before.
    ///
    /// - Throws: ``VaultError``.
    public func destroyTenantKey(_ id: KeyID) throws {
        try keys.withLock { _ in
            guard let tenants else { throw VaultError(.invalid, "there is no folder of tenants' keys") }
            try Self.destroyTenantKey(id, in: tenants)
        }
    }

    /// The same in a folder, for which no master key is needed. Nobody may be replacing the master key meanwhile.
    ///
    /// - Parameter directory: `DATA/keys/tenants`.
    /// - Throws: ``VaultError``.
    public static func destroyTenantKey(_ id: KeyID, in directory: String) throws {
        let folder = VaultFolder(path: directory, before: { _ in })
        try folder.prepare()
        try destroyTenantKey(id, in: folder)
    }

    private static func destroyTenantKey(_ id: KeyID, in folder: VaultFolder) throws {
        if try folder.read(erasedName(id), atMost: 64) == nil { try folder.write(erasedName(id), erasedText) }
        try folder.destroy(keyName(id) + VaultFolder.unfinishedSuffix)
        try folder.destroy(keyName(id))
    }

    /// Whether all that a destroyed key had sealed is gone from the disk, too.
    public static func isErasureFinished(_ id: KeyID, in directory: String) throws -> Bool {
        let folder = VaultFolder(path: directory, before: { _ in })
        return try folder.isThere() && folder.read(erasedName(id), atMost: 64) == finishedText
    }

    /// Notes that all that a destroyed key had sealed is gone.
    public static func finishErasure(_ id: KeyID, in directory: String) throws {
        try VaultFolder(path: directory, before: { _ in }).write(erasedName(id), finishedText)
    }

    /// Keys that were destroyed, in order.
    ///
    /// - Throws: ``VaultError``.
    public func erasedTenantKeys() throws -> [KeyID] {
        try tenants.map { try Self.erasedTenantKeys(in: $0) } ?? []
    }

    /// Keys of a folder that were destroyed, in order. No master key is needed to tell.
    ///
    /// - Parameter directory: `DATA/keys/tenants`; there are none where it is missing.
    /// - Throws: ``VaultError``.
    public static func erasedTenantKeys(in directory: String) throws -> [KeyID] {
        let folder = VaultFolder(path: directory, before: { _ in })
        return try folder.isThere() ? erasedTenantKeys(in: folder) : []
    }

    private static func erasedTenantKeys(in folder: VaultFolder) throws -> [KeyID] {
        try numbers(in: folder, suffix: erasedSuffix).map { KeyID(rawValue: UInt32(clamping: $0)) }
    }

    func tenantPlaces() throws -> [Place] {
        guard let tenants else { return [] }
        let erased = Set(try erasedTenantKeys())
        return try Self.numbers(in: tenants, suffix: Self.tenantKeySuffix)
            .map { KeyID(rawValue: UInt32(clamping: $0)) }.filter { !erased.contains($0) }
            .map { place($0, in: tenants) }
    }

    private func place(_ id: KeyID, in folder: VaultFolder) -> Place {
        Place(
            folder: folder, name: Self.keyName(id), purpose: .tenantKey, id: LogPosition(UInt64(id.rawValue)),
            what: "key \(id.rawValue) of a tenant")
    }

    private static func keyName(_ id: KeyID) -> String { "\(id.rawValue)\(tenantKeySuffix)" }
    private static func erasedName(_ id: KeyID) -> String { "\(id.rawValue)\(erasedSuffix)" }
}
