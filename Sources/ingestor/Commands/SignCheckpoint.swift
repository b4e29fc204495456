import ArgumentParser
import EventLog
import Events

/// `checkpoint`
struct SignCheckpoint: WritingCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint", abstract: "Signs what the log is now.",
        discussion: helpDiscussion(
            "A checkpoint is the number of events and the root of the tree over them, signed (C2SP tlog-checkpoint, Ed25519). Keep it "
                + "where nobody who could change the log can change it: `verify --log --checkpoint FILE` tells later whether the log "
                + "is still the one that it was. Each one is recorded in the log; where nothing came since the last, that one is shown.",
            examples: "ingestor checkpoint > kept.txt", "ingestor checkpoint --public-key"))

    @OptionGroup var global: GlobalOptions
    @Flag(name: .long, help: "Show the key that verifies checkpoints, and sign nothing.") var publicKey = false

    func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
        let verifier = try store.checkpointSigner(context).verifier
        if publicKey {
            if context.json {
                try context.output.json([
                    ("name", .string(verifier.name)), ("publicKey", .string(verifier.description)),
                    ("ed25519", .string(Hex.encode(verifier.publicKey))),
                ])
            } else {
                try context.output.line(verifier.description)
            }
            return .done
        }
        let signed = try await store.currentCheckpoint(context)
        if context.json {
            try context.output.json(signed.form(verifier))
        } else {
            try context.output.write(Array(signed.event.note.utf8))
        }
        return .done
    }
}
