import Events
import LMDB
import Testing

@testable import EventLog

@Suite struct ProofTests {
    /// The example in the documentation of Go's package `golang.org/x/mod/sumdb/note`.
    private static let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    private static let note = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

        """

    @Test func aNoteThatAnotherProgramSigned() throws {
        let verifier = try NoteVerifier(Self.key)
        #expect(verifier.description == Self.key)
        let note = try SignedNote(parsing: Array(Self.note.utf8))
        try note.verify(with: verifier)
        #expect(note.description == Self.note)
        // Ed25519 signs the same text always the same.
        let encoded = try #require(Base64.decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"))
        let signer = try NoteSigner(name: "PeterNeumann", seed: Array(encoded.dropFirst()))
        #expect(signer.verifier == verifier)
        #expect(try signer.sign(note.text) == note.signatures[0])
        #expect("\(signer) \(String(reflecting: signer))".contains(Hex.encode(encoded)) == false)
        // A signature under another name or of another key counts for nothing.
        let other = try NoteVerifier(name: "PeterNeuman", publicKey: verifier.publicKey)
        let unknown = #expect(throws: ProofError.self) { try note.verify(with: other) }
        #expect(unknown?.code == .unknownKey)
    }

    /// No single changed, left out or added byte of a checkpoint passes.
    @Test func everyChangedByteOfACheckpointIsRefused() throws {
        let signer = try NoteSigner(name: "example.org/log", seed: Array(0..<32))
        let head = TreeHead(size: 70_000, root: try #require(SHA256Hash(Array(100..<132))))
        let checkpoint = try LogCheckpoint(head, signedBy: signer)
        let bytes = Array(checkpoint.description.utf8)
        #expect(try LogCheckpoint(parsing: bytes) == checkpoint)
        try LogCheckpoint(parsing: bytes).verify(with: signer.verifier)
        func passes(_ bytes: [UInt8]) -> Bool {
            do {
                try LogCheckpoint(parsing: bytes).verify(with: signer.verifier)
                return true
            } catch {
                return false
            }
        }
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                #expect(!passes(changed), "byte \(index), bit \(bit)")
            }
            #expect(!passes(Array(bytes[..<index] + bytes[(index + 1)...])), "without byte \(index)")
            #expect(
                !passes(Array(bytes[..<index] + [bytes[index], bytes[index]] + bytes[(index + 1)...])), "\(index) twice"
            )
        }
        // Signatures of others beside our own are passed over.
        let second = try LogCheckpoint(head, signedBy: NoteSigner(name: "witness", seed: Array(1..<33)))
        let line = second.description.split(separator: "\n").last.map(String.init) ?? ""
        #expect(passes(bytes + Array((line + "\n").utf8)))
    }

    @Test(arguments: [
        "", "\n", "a\n", "a\n\n", "a\n1\nx\n\n— a AAAAAAA=\n", "a\n01\n\(root)\n\n— a AAAAAAA=\n",
        "a\n1\n\(root)\nx\n\ny\n\n— a AAAAAAA=\n", "a\n1\n\(root)\n\n- a AAAAAAA=\n",
        "a\n1\n\(root)\n\n— a  AAAAAAA=\n",
        "a\n1\n\(root)\n\n— a+b AAAAAAA=\n", "a\n1\n\(root)\n\n— a AAAAAA==\n", "a\n1\n\(root)\n\n— a AAAAAAA=",
        "a\n18446744073709551616\n\(root)\n\n— a AAAAAAA=\n", "a\t\n1\n\(root)\n\n— a AAAAAAA=\n",
    ]) func whatIsNoCheckpointIsRefused(text: String) {
        let error = #expect(throws: ProofError.self) { try LogCheckpoint(parsing: text) }
        #expect(error?.code == .malformed)
    }

    private static let root = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    @Test func namesThatNoNoteCarriesAreRefused() throws {
        for name in ["", "a b", "a+b", "a\u{2003}b", "a\nb", String(repeating: "x", count: 256)] {
            #expect(throws: ProofError.self) { try NoteVerifier(name: name, publicKey: Array(repeating: 1, count: 32)) }
        }
        for text in [
            "", "a", "a+b", "a+12345678+", Self.key + "A", "x" + Self.key, Self.key.replacing("c74", with: "c75"),
        ] {
            #expect(throws: ProofError.self) { try NoteVerifier(text) }
        }
    }

    /// The log holds what it signed, proofs hold against it, and what was forged since does not.
    @Test func checkpointsAreRecordedAndHold() async throws {
        let directory = try TemporaryDirectory()
        let signer = try NoteSigner(seed: Array(0..<32))
        let (log, writer) = try EventLogWriter.open(directory)
        var signed: [LogCheckpoint] = []
        for index in 0..<6 {
            let drafts = (0..<UInt32(90)).map { tenantAdded(UInt32(index) * 100 + $0) }
            _ = try await writer.append(drafts, at: Timestamp(seconds: 1000 + Int64(index)))
            signed.append(try await writer.signCheckpoint(with: signer, at: Timestamp(seconds: 1000)))
        }
        #expect(signed.map(\.head.size) == [90, 181, 272, 363, 454, 545])
        let verification = try await log.verify(trusting: [signer.verifier.publicKey])
        #expect(verification.isSound && verification.checkpointCount == 6)
        #expect(
            try await log.verify(trusting: [Array(repeating: 1, count: 32)]).findings.map(\.kind)
                == .init(repeating: .wrongCheckpoint, count: 6))
        for checkpoint in signed {
            try checkpoint.verify(with: signer.verifier)
            let position = LogPosition(checkpoint.head.size / 3)
            let proof = try log.inclusionProof(of: position, in: checkpoint.head.size)
            #expect(proof.isValid && proof.head == checkpoint.head)
            var hasher = SHA256Hasher()
            #expect(try log.record(at: position).withUnsafeBytes { hasher.leaf($0) } == proof.leafHash)
            let consistency = try log.consistencyProof(from: signed[0].head.size, to: checkpoint.head.size)
            #expect(consistency.isValid && consistency.old == signed[0].head && consistency.new == checkpoint.head)
        }
        let beyond = #expect(throws: LogError.self) { try log.inclusionProof(of: LogPosition(90), in: 90) }
        #expect(beyond?.code == .outOfRange)
        #expect(throws: LogError.self) { try log.consistencyProof(from: 3, to: 9999) }
    }
}
