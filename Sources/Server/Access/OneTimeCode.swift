public import Events
import Ingest
public import ProviderKit
import Synchronization

/// Signs one browser in as the administrator, once and soon: for whoever has started the server and sits before it.
///
/// Only its hash is kept, and only until it was used.
public final class OneTimeCode: Sendable {
    /// How long it is good for.
    public static let seconds = 900.0
    /// Random bytes in a code.
    public static let randomByteCount = 32

    private let hash: Mutex<SHA256Hash?>
    private let expiresAt: Timestamp

    private init(_ hash: SHA256Hash, expiresAt: Timestamp) {
        self.hash = Mutex(hash)
        self.expiresAt = expiresAt
    }

    /// A code, and what knows it.
    ///
    /// - Parameter random: ``randomByteCount`` random bytes.
    public static func make(_ random: [UInt8], at now: Timestamp) -> (code: Secret, known: OneTimeCode) {
        precondition(random.count == randomByteCount, "a code has \(randomByteCount) random bytes")
        let code = Array(Base64URL.encode(random).utf8)
        return (Secret(code), OneTimeCode(AccessToken.hash(code), expiresAt: now.adding(seconds: seconds)))
    }

    /// Whether that is the code; it is used up then. Only hashes are compared, in a time that does not depend on them.
    func redeem(_ text: String, at now: Timestamp) -> Bool {
        guard text.utf8.count <= Authenticator.maximumTokenByteCount else { return false }
        let offered = AccessToken.hash(Array(text.utf8))
        return hash.withLock { hash in
            guard let known = hash else { return false }
            guard now <= expiresAt else {
                hash = nil
                return false
            }
            guard AccessToken.areEqual(known, offered) else { return false }
            hash = nil
            return true
        }
    }
}
