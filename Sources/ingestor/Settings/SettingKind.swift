import EventLog
import Server

/// What a setting's text may be.
enum SettingKind: Sendable {
    case directory
    /// A file that has to be there and to be readable.
    case readableFile
    case text
    case integer(ClosedRange<Int>)
    case boolean
    case choice([String])
    /// `http` or `https`.
    case url
    /// Of a proxy, as libcurl takes it: also without a scheme.
    case proxy
    /// Host and port.
    case address
    /// A name of a checkpoint's signer (C2SP signed-note).
    case signerName
    case secret
    /// Several secrets, any of which holds.
    case secrets
    /// 32 bytes in base64.
    case key

    var isSecret: Bool {
        switch self {
        case .secret, .secrets, .key: true
        default: false
        }
    }

    /// What it should be, as a message and the reference say it.
    var expectation: String {
        switch self {
        case .directory: "the path of a directory"
        case .readableFile: "the path of a file"
        case .text: "text that is not empty"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .choice(let names): names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        case .url: "an http or https URL"
        case .proxy: "a URL"
        case .address: "host and port, such as 127.0.0.1:8080"
        case .signerName: "a name without spaces and plus signs, such as example.org/ingestor"
        case .secret: "a secret that is not empty"
        case .secrets: "one or more secrets that are not empty"
        case .key: "\(MasterKey.byteCount) bytes in base64: make one with `openssl rand -base64 32`"
        }
    }

    /// What is wrong with a value; nil where nothing is. It repeats no secret.
    func refusal(of value: SettingValue) -> CommandError? {
        if accepts(value.text) {
            guard case .readableFile = self else { return nil }
            return value.unreadableFile(value.text)
        }
        return value.refused(expectation)
    }

    private func accepts(_ text: String) -> Bool {
        switch self {
        case .directory, .readableFile, .text, .secret, .secrets, .proxy: !text.isEmpty
        case .integer(let range): Int(text).map { range.contains($0) } ?? false
        case .boolean: ["true", "false"].contains(text)
        case .choice(let names): names.contains(text)
        case .url: text.hasPrefix("https://") || text.hasPrefix("http://")
        case .address: ServerConfiguration(listen: text) != nil
        case .signerName: NoteVerifier.isName(text)
        case .key: MasterKey.parse(text) != nil
        }
    }
}
