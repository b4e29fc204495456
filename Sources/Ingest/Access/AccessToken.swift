import EventLog
public import Events
public import ProviderKit

/// What gives a tenant access to this service: `ingestor_` and 32 random bytes in base64url, so that people and scanners
/// for leaked secrets recognise one.
public enum AccessToken {
    public static let prefix = "ingestor_"
    /// Random bytes in a token.
    public static let randomByteCount = 32

    /// The token that these random bytes make.
    public static func make(_ random: [UInt8]) -> Secret {
        precondition(random.count == randomByteCount, "a token has \(randomByteCount) random bytes")
        let text = Base64.encode(random).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return Secret(prefix + text)
    }

    /// By which a token is known: its SHA-256.
    public static func hash(_ token: [UInt8]) -> SHA256Hash {
        var hasher = SHA256Hasher()
        return hasher.hash(token)
    }

    /// In a time that does not depend on where they differ.
    public static func areEqual(_ left: SHA256Hash, _ right: SHA256Hash) -> Bool {
        var difference: UInt8 = 0
        for (left, right) in zip(left.bytes, right.bytes) { difference |= left ^ right }
        return difference == 0
    }
}
