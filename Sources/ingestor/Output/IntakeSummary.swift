import Events

/// The payload in half a line of what a source says by itself, and of what becomes known of it.
enum IntakeSummary {
    static func text(_ event: Event) -> String {
        switch event {
        case .repositoryRenamed(let payload): "\(payload.old) is \(payload.new) now"
        case .repositoryVisibilityChanged(let payload): payload.isPrivate ? "private" : "public"
        case .repositorySuspended(let payload):
            payload.note.isEmpty ? payload.reason.name : "\(payload.reason.name): \(payload.note)"
        case .repositoryIdentified(let payload): "\(payload.provider) number \(payload.externalID)"
        case .credentialStored(let payload): "\(payload.provider) \(payload.kind.name) \(payload.name)"
        case .credentialRefreshed(let payload): "credential \(payload.id.rawValue)"
        case .credentialRevoked(let payload): "credential \(payload.id.rawValue), \(payload.reason.name)"
        case .tokenIssued(let payload): payload.name.isEmpty ? "without a name" : payload.name
        case .tokenRevoked(let payload): "token \(payload.id.rawValue)"
        case .webhookReceived(let payload): webhook(payload)
        case .webhookRepeated(let payload): "\(payload.delivery), first at \(payload.first.rawValue)"
        case .webhookRejected(let payload):
            "\(payload.reason.name), \(Units.count(payload.count, "request")) since \(Units.time(payload.since))"
        case .gapDetected(let payload):
            "\(payload.reason.name) \(payload.delivery)\(text(payload.ref)), expected \(short(payload.expected)), found \(short(payload.found))"
        case .gapClosed(let payload): "gap \(payload.gap.rawValue)\(payload.commit.map { " by \(short($0))" } ?? "")"
        case .largeFileStored(let payload):
            "\(short(payload.hash)) for pointer \(short(payload.pointer)), \(Units.bytes(payload.size))"
        default: ReleaseSummary.text(event)
        }
    }

    private static func webhook(_ payload: WebhookReceived) -> String {
        var words = [payload.event]
        if let action = payload.action { words.append(action) }
        if let locator = payload.locator { words.append(locator.description) }
        if let ref = payload.ref {
            words.append(text(ref.name))
            if ref.tellsCommits { words.append("\(short(ref.before))..\(short(ref.after))") }
        }
        return words.joined(separator: " ")
    }

    private static func short(_ hash: SHA1Hash?) -> String { hash.map { String($0.hex.prefix(12)) } ?? "–" }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
