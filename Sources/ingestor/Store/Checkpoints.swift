import EventLog
import Events
import Ingest
import Projections
import Queries
import State

/// A checkpoint that was signed, and where the log says so.
struct RecordedCheckpoint: Sendable {
    let position: LogPosition
    let event: CheckpointSigned
    let checkpoint: LogCheckpoint

    /// - Parameter verifier: the key that verifies it.
    func form(_ verifier: NoteVerifier) -> [(String, JSONValue)] {
        [
            ("origin", .string(checkpoint.origin)), ("size", .uint(event.size)), ("root", .hash(event.root)),
            ("position", .position(position)), ("publicKey", .string(verifier.description)),
            ("checkpoint", .string(event.note)),
        ]
    }
}

extension WriteStore {
    /// The key that signs checkpoints. Made where there is none yet.
    func checkpointSigner(_ context: Context) throws -> NoteSigner {
        let seed = try vault.checkpointKey() ?? vault.makeCheckpointKey()
        return try NoteSigner(name: context.settings.logOrigin, seed: seed)
    }

    /// The key that has signed this log's checkpoints; none where none was made, or the vault does not open: then the keys that
    /// the log names are all there is.
    func knownCheckpointKeys(_ context: Context) throws -> [NoteVerifier] {
        do {
            guard let seed = try vault.checkpointKey() else { return [] }
            return [try NoteSigner(name: context.settings.logOrigin, seed: seed).verifier]
        } catch {
            context.output.note(
                "Checkpoints are held against the keys that the log itself names, since its own is not at hand: \(CommandError(error).message)"
            )
            return []
        }
    }

    /// Signs the log's head, unless nothing but the last checkpoint came since that one was signed.
    func currentCheckpoint(_ context: Context) async throws -> RecordedCheckpoint {
        let signer = try checkpointSigner(context)
        let last = try reader.lastCheckpoint()
        if let last {
            let count = try reader.log.count
            let isSame =
                last.event.publicKey == signer.verifier.publicKey && last.checkpoint.origin == signer.verifier.name
            if isSame, last.position.rawValue + 1 == count, last.event.size == last.position.rawValue { return last }
            if last.event.publicKey != signer.verifier.publicKey {
                context.output.note(
                    "This log's checkpoints were signed by another key before (\(Hex.encode(last.event.publicKey))).")
            }
        }
        _ = try await engine.signCheckpoint(with: signer)
        guard let signed = try reader.lastCheckpoint() else {
            throw CommandError("the checkpoint was signed and is not in the log: run `ingestor verify --log`")
        }
        return signed
    }
}

extension WriteStore {
    /// Whoever asks over HTTP gets one that may be so old, so that asking does not fill the log.
    private static let maximumCheckpointAgeSeconds = 60.0

    /// The newest checkpoint for somebody who asks over HTTP.
    func checkpointForm(_ context: Context) async throws -> [(String, JSONValue)] {
        let verifier = try checkpointSigner(context).verifier
        if let last = try reader.queries.checkpoint(), last.event.publicKey == verifier.publicKey,
            Double(Context.now().microseconds - last.at.microseconds) / 1e6 < Self.maximumCheckpointAgeSeconds
        {
            return RecordedCheckpoint(
                position: last.position, event: last.event, checkpoint: try LogCheckpoint(parsing: last.event.note)
            ).form(verifier)
        }
        return try await currentCheckpoint(context).form(verifier)
    }
}

extension ReadStore {
    /// The newest checkpoint in the log.
    func lastCheckpoint() throws -> RecordedCheckpoint? {
        var found: RecordedCheckpoint?
        try forEachCheckpoint { checkpoint in
            found = checkpoint
            return false
        }
        return found
    }

    /// The newest checkpoint of exactly that size.
    func checkpoint(ofSize size: UInt64) throws -> RecordedCheckpoint? {
        var found: RecordedCheckpoint?
        try forEachCheckpoint { checkpoint in
            if checkpoint.event.size == size { found = checkpoint }
            return checkpoint.event.size > size
        }
        return found
    }

    /// The checkpoints, the newest first, until `body` says false.
    private func forEachCheckpoint(_ body: (RecordedCheckpoint) throws -> Bool) throws {
        try state.read { view in
            try view.forEachPosition(.kind(.checkpointSigned), descending: true) { position in
                guard case .checkpointSigned(let event) = try log.read({ try $0.envelope(at: position) })?.event else {
                    throw CommandError("the state names a checkpoint that is not in the log: run `ingestor verify`")
                }
                return try body(
                    RecordedCheckpoint(
                        position: position, event: event, checkpoint: try LogCheckpoint(parsing: event.note)))
            }
        }
    }
}
