import Events
import OpenSSL

/// The name and the public half of a key that signs notes (C2SP signed-note, signature type 1: Ed25519).
public struct NoteVerifier: Sendable, Equatable, CustomStringConvertible {
    /// By what name it signs; for a log, its origin.
    public let name: String
    /// SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), the first 4 bytes.
    public let keyID: UInt32
    let key: Ed25519PublicKey

    /// Marks Ed25519 in key ids and encoded keys.
    static let signatureType: UInt8 = 1

    /// - Parameter publicKey: 32 bytes.
    /// - Throws: ``ProofError`` for a name that no note can carry, and for what is no key.
    public init(name: String, publicKey: [UInt8]) throws(ProofError) {
        try self.init(name: name, key: Self.key(publicKey))
    }

    init(name: String, key: Ed25519PublicKey) throws(ProofError) {
        guard Self.isName(name) else {
            throw ProofError(
                .malformed,
                "a key's name has 1 to \(Self.maximumNameByteCount) bytes and no space, plus or control characters"
            )
        }
        self.name = name
        self.key = key
        var hasher = SHA256Hasher()
        let hash = hasher.hash(Array(name.utf8) + [0x0a, Self.signatureType] + key.bytes)
        keyID = hash.bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Reads a key as `description` writes it: `name+hash+base64(0x01 ‖ key)`.
    ///
    /// - Throws: ``ProofError``.
    public init(_ text: some StringProtocol) throws(ProofError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decode(parts[2]), bytes.first == Self.signatureType else {
            throw ProofError(.malformed, "a public key is written as name+hash+base64, with Ed25519 as its algorithm")
        }
        try self.init(name: String(parts[0]), publicKey: Array(bytes.dropFirst()))
        guard Hex.encode(Self.bytes(keyID)) == parts[1] else {
            throw ProofError(
                .malformed, "the hash in the public key is not that of its name and key: it was copied wrongly")
        }
    }

    /// 32 bytes, as RFC 8032 encodes them.
    public var publicKey: [UInt8] { key.bytes }

    /// The form in which tools for notes take a key: `name+hash+base64(0x01 ‖ key)`.
    public var description: String {
        "\(name)+\(Hex.encode(Self.bytes(keyID)))+\(Base64.encode([Self.signatureType] + key.bytes))"
    }

    /// Limit of a name in bytes.
    public static let maximumNameByteCount = 255

    /// Whether a note can carry that name.
    public static func isName(_ name: String) -> Bool {
        (1...maximumNameByteCount).contains(name.utf8.count)
            && !name.unicodeScalars.contains {
                $0 == "+" || $0.properties.isWhitespace || $0.value < 0x20 || (0x7f...0x9f).contains($0.value)
            }
    }

    private static func key(_ bytes: [UInt8]) throws(ProofError) -> Ed25519PublicKey {
        do {
            return try Ed25519PublicKey(bytes)
        } catch {
            throw ProofError(.key, "the public key cannot be used", cause: error)
        }
    }

    static func bytes(_ keyID: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: keyID)
        return bytes
    }
}

/// A key that signs notes, and its name.
public struct NoteSigner: Sendable, CustomStringConvertible, CustomReflectable {
    /// Length of the seed of a key in bytes.
    public static let seedByteCount = Ed25519PrivateKey.seedByteCount

    /// What verifies its signatures.
    public let verifier: NoteVerifier
    private let key: Ed25519PrivateKey

    /// Shows the name and nothing of the key.
    public var description: String { "NoteSigner(\(verifier.name))" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// - Parameters:
    ///   - name: nil: `ingestor/` and 16 hex digits of the public key's SHA-256, which no other log has.
    ///   - seed: 32 bytes that nobody can guess.
    /// - Throws: ``ProofError``, which shows nothing of the seed.
    public init(name: String? = nil, seed: [UInt8]) throws(ProofError) {
        do {
            key = try Ed25519PrivateKey(seed: seed)
        } catch {
            throw ProofError(.key, "the key that signs checkpoints cannot be used", cause: error)
        }
        var hasher = SHA256Hasher()
        let name = name ?? "ingestor/" + Hex.encode(hasher.hash(key.publicKey.bytes).bytes.prefix(8))
        verifier = try NoteVerifier(name: name, key: key.publicKey)
    }

    /// The signature of a note's text.
    func sign(_ text: String) throws(ProofError) -> NoteSignature {
        do {
            return NoteSignature(
                name: verifier.name, keyID: verifier.keyID, bytes: try key.sign(Array(text.utf8)))
        } catch {
            throw ProofError(.key, "the checkpoint could not be signed", cause: error)
        }
    }
}
