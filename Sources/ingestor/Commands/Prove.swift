import ArgumentParser
import EventLog
import Events
import Queries

/// `proof`
struct Prove: WritingCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof", abstract: "Proves to a stranger that an event is in the log.",
        discussion: helpDiscussion(
            "By a signed checkpoint, and the hashes that lead from the event to its root. As text in the forms of C2SP: tlog-proof with "
                + "the record as extra data; with --from what a witness takes (old size, hashes, checkpoint). Whoever verifies it needs "
                + "the public key (`checkpoint --public-key`) and nothing else: see tools/verify-proof. Against the newest checkpoint, "
                + "unless --size names another one; one is signed where none covers the event.",
            examples: "ingestor proof 42 > 42.tlog-proof", "ingestor proof 42 --size 1000 --from 100 --json"))

    @OptionGroup var global: GlobalOptions
    @Argument(help: .init("The event.", valueName: "position")) var position: UInt64?
    @Option(name: .long, help: .init("Against the log of the first n events.", valueName: "n")) var size: UInt64?
    @Option(
        name: .long, help: .init("Prove as well that the log of the first m events is its beginning.", valueName: "m"))
    var from: UInt64?

    func validate() throws {
        guard position != nil || from != nil else { throw ValidationError("Name a position, or a size with --from.") }
    }

    func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
        let (size, checkpoint) = try await target(context, store)
        let log = store.reader.log
        let inclusion = try position.map { try log.inclusionProof(of: LogPosition($0), in: size) }
        let consistency = try from.map { try log.consistencyProof(from: $0, to: size) }
        let record = try position.flatMap { try visibleRecord(LogPosition($0), context, store) }
        if context.json {
            var fields = inclusion?.json ?? [("size", .uint(size))]
            if inclusion != nil { fields.append(("record", record.map { .string(Base64.encode($0)) } ?? .null)) }
            fields.append(("checkpoint", checkpoint.map { .string($0.event.note) } ?? .null))
            if let consistency {
                let old = try store.reader.checkpoint(ofSize: consistency.old.size)
                fields.append(
                    (
                        "consistency",
                        .object(consistency.json + [("fromCheckpoint", old.map { .string($0.event.note) } ?? .null)])
                    ))
            }
            try context.output.json(fields)
            return .done
        }
        guard let checkpoint else {
            throw CommandError(
                "no checkpoint of the first \(size) events was signed: leave --size out, or take the proof without one with --json"
            )
        }
        var documents: [String] = []
        if let inclusion { documents.append(inclusion.text(with: checkpoint.checkpoint, record: record)) }
        if let consistency { documents.append(consistency.text(with: checkpoint.checkpoint)) }
        try context.output.write(Array(documents.joined(separator: "---\n").utf8))
        return .done
    }

    /// The size to prove against, and the checkpoint that was signed of it.
    private func target(_ context: Context, _ store: WriteStore) async throws -> (UInt64, RecordedCheckpoint?) {
        let count = try store.reader.log.count
        if let position, position >= count {
            throw CommandError("there is no event \(position): the log has \(Units.count(count, "event"))")
        }
        let smallest = max(position.map { $0 + 1 } ?? 0, from ?? 0)
        if let from, from > count { throw CommandError("the log has \(Units.count(count, "event")), not \(from)") }
        guard let size else {
            if let last = try store.reader.lastCheckpoint(), last.event.size >= smallest {
                return (last.event.size, last)
            }
            let signed = try await store.currentCheckpoint(context)
            return (signed.event.size, signed)
        }
        guard size <= count else { throw CommandError("the log has \(Units.count(count, "event")), not \(size)") }
        guard size >= smallest else {
            throw CommandError.usage(
                "the first \(size) events do not reach as far: name a --size of at least \(smallest)")
        }
        return (size, try store.reader.checkpoint(ofSize: size))
    }

    /// The record's bytes, for whom may see them. The proof holds without them, of their hash.
    private func visibleRecord(_ position: LogPosition, _ context: Context, _ store: WriteStore) throws -> [UInt8]? {
        let record = try store.reader.log.record(at: position)
        let envelope = try Envelope(record: record.span.bytes, at: position)
        guard store.reader.queries.shows(envelope, EventFilter()) else {
            context.output.note(
                "Event \(position.rawValue) is not \(context.options.tenant)'s: its record is left out.")
            return nil
        }
        return record
    }
}
