public import EventLog

extension Engine {
    /// Signs the head of the log, and records it.
    ///
    /// - Throws: `ProofError`, `AppendError`.
    public func signCheckpoint(with signer: NoteSigner) async throws -> LogCheckpoint {
        try await writer.signCheckpoint(with: signer, at: clock())
    }
}
