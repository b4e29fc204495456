import Events
import OpenSSL

/// The bytes of one file of the vault. Frozen: a change needs another version.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 7 | `INGSEAL` |
/// | 7 | 1 | version: 1 |
/// | 8 | 1 | purpose: 1 a credential, 2 the key that a rotation replaces, 3 a tenant's key |
/// | 9 | 8 | fingerprint of the master key that sealed it |
/// | 17 | 8 | id, big-endian: the position of `CredentialStored`; the id of a tenant's key; 0 for the replaced one |
/// | 25 | 12 | nonce, random |
/// | 37 | n | the secret under AES-256-GCM |
/// | 37 + n | 16 | tag, over the secret and the 25 bytes at the front |
struct SealedFile {
    enum Purpose: UInt8 {
        case credential = 1
        case replacedKey = 2
        case tenantKey = 3
    }

    static let headByteCount = 25
    /// Longest file that is read: a secret of the greatest length.
    static let maximumByteCount = Vault.maximumSecretByteCount + minimumByteCount
    private static let magic = Array("INGSEAL".utf8) + [1]
    private static let minimumByteCount = headByteCount + AESGCM.nonceByteCount + AESGCM.tagByteCount

    let purpose: Purpose
    let id: LogPosition
    let fingerprint: [UInt8]
    private let nonce: [UInt8]
    private let sealed: [UInt8]

    /// Reads the head of a file; nil where it is none.
    init?(_ file: [UInt8]) {
        guard file.count >= Self.minimumByteCount, file.starts(with: Self.magic),
            let purpose = Purpose(rawValue: file[8])
        else { return nil }
        self.purpose = purpose
        fingerprint = Array(file[9..<17])
        id = LogPosition(file[17..<25].reduce(0) { $0 << 8 | UInt64($1) })
        nonce = Array(file[25..<37])
        sealed = Array(file[37...])
    }

    /// What was sealed.
    ///
    /// - Throws: `OpenSSLError` where it is not as it was, or the key is another.
    func open(with key: MasterKey) throws(OpenSSLError) -> [UInt8] {
        try key.bytes.lend { key throws(OpenSSLError) in
            try AESGCM.open(
                key: key, nonce: nonce, sealed: sealed, authenticated: Self.head(purpose, id, fingerprint))
        }
    }

    /// A whole file.
    static func seal(
        _ secret: [UInt8], purpose: Purpose, id: LogPosition, key: MasterKey, nonce: [UInt8]
    ) throws(OpenSSLError) -> [UInt8] {
        let head = head(purpose, id, key.fingerprint)
        let sealed = try key.bytes.lend { key throws(OpenSSLError) in
            try AESGCM.seal(key: key, nonce: nonce, plaintext: secret, authenticated: head)
        }
        return head + nonce + sealed
    }

    private static func head(_ purpose: Purpose, _ id: LogPosition, _ fingerprint: [UInt8]) -> [UInt8] {
        let position = (0..<8).reversed().map { UInt8(truncatingIfNeeded: id.rawValue >> (UInt64($0) * 8)) }
        let head = magic + [purpose.rawValue] + fingerprint + position
        precondition(head.count == headByteCount, "the head of a sealed file has 25 bytes")
        return head
    }
}
