public import Events

/// A log's tree head as a signed note (C2SP tlog-checkpoint): origin, size and root, a line each.
public struct LogCheckpoint: Sendable, Equatable, CustomStringConvertible {
    /// Which log it is of.
    public let origin: String
    public let head: TreeHead
    public let note: SignedNote

    /// Signs a tree head. The origin is the signer's name.
    ///
    /// - Throws: ``ProofError``.
    public init(_ head: TreeHead, signedBy signer: NoteSigner) throws(ProofError) {
        origin = signer.verifier.name
        self.head = head
        let text = "\(origin)\n\(head.size)\n\(Base64.encode(head.root.bytes))\n"
        note = SignedNote(text: text, signatures: [try signer.sign(text)])
    }

    /// Reads a checkpoint. Its signature is not verified: see ``verify(with:)``.
    ///
    /// - Throws: ``ProofError`` (malformed).
    public init(parsing bytes: [UInt8]) throws(ProofError) {
        note = try SignedNote(parsing: bytes)
        let lines = note.text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, !lines.contains("") else {
            throw ProofError(.malformed, "a checkpoint has three lines: origin, size and root")
        }
        guard let size = UInt64(lines[1]), String(size) == lines[1] else {
            throw ProofError(.malformed, "the size in a checkpoint is a number without leading zeroes")
        }
        guard let bytes = Base64.decode(lines[2]), let root = SHA256Hash(bytes) else {
            throw ProofError(.malformed, "the root in a checkpoint is 32 bytes in base64")
        }
        origin = String(lines[0])
        head = TreeHead(size: size, root: root)
    }

    /// Reads a checkpoint.
    public init(parsing text: String) throws(ProofError) { try self.init(parsing: Array(text.utf8)) }

    /// Whether the key has signed it, as the log of that name.
    ///
    /// - Throws: ``ProofError``.
    public func verify(with verifier: NoteVerifier) throws(ProofError) {
        guard origin == verifier.name else {
            throw ProofError(.unknownKey, "the checkpoint is of the log \(origin), the key of \(verifier.name)")
        }
        try note.verify(with: verifier)
    }

    /// The signed note.
    public var description: String { note.description }
}

extension EventLogWriter {
    /// Signs the head of the log as it is now, and appends that this was done. When it returns, that is durable: the log holds every
    /// checkpoint that ever left it.
    ///
    /// - Throws: ``ProofError``, `AppendError`.
    public nonisolated(nonsending) func signCheckpoint(
        with signer: NoteSigner, at time: Timestamp
    ) async throws -> LogCheckpoint {
        let checkpoint = try LogCheckpoint(await treeHead, signedBy: signer)
        let event = CheckpointSigned(
            size: checkpoint.head.size, root: checkpoint.head.root, publicKey: signer.verifier.publicKey,
            note: checkpoint.description)
        _ = try await append([EventDraft(.checkpointSigned(event), tenant: .none, domain: .public)], at: time)
        return checkpoint
    }
}
