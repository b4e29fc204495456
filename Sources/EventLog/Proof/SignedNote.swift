import Events
import OpenSSL

/// One line under a note: who signed, and how.
public struct NoteSignature: Sendable, Equatable {
    public let name: String
    /// With the name it says which key, and so which algorithm.
    public let keyID: UInt32
    public let bytes: [UInt8]
}

/// A text and the signatures under it (C2SP signed-note).
public struct SignedNote: Sendable, Equatable, CustomStringConvertible {
    /// What was signed, its last newline included.
    public let text: String
    public let signatures: [NoteSignature]

    /// Limit of a whole note in bytes: room for far more than the 16 signatures that a reader has to accept.
    public static let maximumByteCount = 1 << 20
    /// Limit of the signatures.
    public static let maximumSignatureCount = 64

    private static let mark = "\u{2014} "

    init(text: String, signatures: [NoteSignature]) {
        self.text = text
        self.signatures = signatures
    }

    /// Reads a note. Nothing is verified.
    ///
    /// - Throws: ``ProofError`` (malformed).
    public init(parsing bytes: [UInt8]) throws(ProofError) {
        guard bytes.count <= Self.maximumByteCount else {
            throw ProofError(.malformed, "a note has at most \(Self.maximumByteCount) bytes")
        }
        guard let note = String(validating: bytes, as: UTF8.self),
            !note.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" })
        else { throw ProofError(.malformed, "a note is UTF-8 without control characters") }
        let lines = note.split(separator: "\n", omittingEmptySubsequences: false)
        // What stands after the last newline has to be nothing.
        guard lines.last == "", let blank = lines.dropLast().lastIndex(of: ""), blank > 0 else {
            throw ProofError(
                .malformed, "a note is a text, an empty line, and lines of signatures, each with its newline")
        }
        text = lines[..<blank].joined(separator: "\n") + "\n"
        var signatures: [NoteSignature] = []
        for line in lines[(blank + 1)...].dropLast() { signatures.append(try Self.signature(line)) }
        guard (1...Self.maximumSignatureCount).contains(signatures.count) else {
            throw ProofError(.malformed, "a note has 1 to \(Self.maximumSignatureCount) signatures")
        }
        self.signatures = signatures
    }

    private static func signature(_ line: Substring) throws(ProofError) -> NoteSignature {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard line.hasPrefix(mark), parts.count == 3, NoteVerifier.isName(String(parts[1])),
            let bytes = Base64.decode(parts[2]), bytes.count > 4
        else { throw ProofError(.malformed, "a line under the note is no signature") }
        let keyID = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return NoteSignature(name: String(parts[1]), keyID: keyID, bytes: Array(bytes.dropFirst(4)))
    }

    /// The note as it is written.
    public var description: String {
        signatures.reduce(text + "\n") { note, signature in
            let bytes = NoteVerifier.bytes(signature.keyID) + signature.bytes
            return note + "\(Self.mark)\(signature.name) \(Base64.encode(bytes))\n"
        }
    }

    /// Whether the key has signed the text.
    ///
    /// - Throws: ``ProofError``: `unknownKey` where it has not, `wrongSignature` where it has signed something else.
    public func verify(with verifier: NoteVerifier) throws(ProofError) {
        let own = signatures.filter { $0.name == verifier.name && $0.keyID == verifier.keyID }
        guard !own.isEmpty else {
            throw ProofError(.unknownKey, "the note is not signed by \(verifier.name): it may be another log's")
        }
        guard own.allSatisfy({ verifier.key.verifies($0.bytes, of: Array(text.utf8)) }) else {
            throw ProofError(.wrongSignature, "the signature of \(verifier.name) is not of this text: it was changed")
        }
    }
}
