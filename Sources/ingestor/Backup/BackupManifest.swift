import Events
import OpenSSL

/// What a backup holds: written last, and replaced as a whole, so that there is always one that is complete.
///
/// Lines of words: `ingestor backup 1`, then `events`, `root`, `digest`, `at`, `keys`, `segment` and `file` lines, then `check` with the
/// SHA-256 of all lines before it.
struct BackupManifest: Sendable, Equatable {
    /// A file of the backup.
    struct Entry: Sendable, Equatable {
        /// Where it lies below the backup's directory.
        var name: String
        /// Where it belongs below a data directory.
        var target: String
        var byteCount: UInt64
        var sha256: SHA256Hash
    }

    /// Some of the log, as `export-log --format protobuf` writes it.
    struct Segment: Sendable, Equatable {
        var from: UInt64
        var to: UInt64
        var file: Entry
    }

    /// How much of the log it holds, and the root over that.
    var events: UInt64 = 0
    var root: SHA256Hash
    /// The digest of the state at that size.
    var digest: SHA256Hash
    var at: Timestamp
    var hasKeys = false
    var segments: [Segment] = []
    var files: [Entry] = []

    static let name = "manifest"
    static let format = "ingestor backup 1"

    /// Everything that it names.
    var entries: [Entry] { segments.map(\.file) + files }

    var bytes: [UInt8] {
        var text = "\(Self.format)\nevents \(events)\nroot \(root.hex)\ndigest \(digest.hex)\nat \(at.rfc3339)\n"
        text += "keys \(hasKeys ? "yes" : "no")\n"
        for segment in segments {
            text += "segment \(segment.from) \(segment.to) \(Self.words(segment.file))\n"
        }
        for file in files { text += "file \(Self.words(file))\n" }
        return Array((text + "check \(Hex.encode(Digest.hash(.sha256, Array(text.utf8))))\n").utf8)
    }

    private static func words(_ entry: Entry) -> String {
        "\(entry.byteCount) \(entry.sha256.hex) \(entry.name) \(entry.target)"
    }

    init(events: UInt64, root: SHA256Hash, digest: SHA256Hash, at: Timestamp) {
        self.events = events
        self.root = root
        self.digest = digest
        self.at = at
    }

    /// - Throws: ``CommandError`` where it is none, was altered, or is of another version.
    init(parsing bytes: [UInt8], of place: String) throws(CommandError) {
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first.map(String.init) == Self.format else {
            let found = Printable.text(String(lines.first ?? ""))
            throw CommandError(
                "\(place) is no backup of this version: it begins with \"\(found)\", not \"\(Self.format)\"")
        }
        guard lines.count > 7, lines.last == "", let check = lines.dropLast().last else { throw Self.damaged(place) }
        let body = Array(lines.dropLast(2).joined(separator: "\n").utf8) + [UInt8(ascii: "\n")]
        guard check == "check \(Hex.encode(Digest.hash(.sha256, body)))" else { throw Self.damaged(place) }
        var fields: [Substring: Substring] = [:]
        for line in lines.dropFirst().dropLast(2) {
            let words = line.split(separator: " ")
            switch (words.first, words.count) {
            case ("segment", 7):
                guard let from = UInt64(words[1]), let to = UInt64(words[2]), let file = Self.entry(words[3...]) else {
                    throw Self.damaged(place)
                }
                segments.append(Segment(from: from, to: to, file: file))
            case ("file", 5):
                guard let file = Self.entry(words[1...]) else { throw Self.damaged(place) }
                files.append(file)
            case (_, 2): fields[words[0]] = words[1]
            default: throw Self.damaged(place)
            }
        }
        guard let events = fields["events"].flatMap({ UInt64($0) }),
            let root = fields["root"].flatMap({ SHA256Hash(hex: $0) }),
            let digest = fields["digest"].flatMap({ SHA256Hash(hex: $0) }),
            let at = fields["at"].flatMap({ Timestamp(rfc3339: String($0)) })
        else { throw Self.damaged(place) }
        self.events = events
        self.root = root
        self.digest = digest
        self.at = at
        hasKeys = fields["keys"] == "yes"
    }

    private static func entry(_ words: ArraySlice<Substring>) -> Entry? {
        let words = Array(words)
        // Names that would leave the directory are none of ours.
        guard words.count == 4, let count = UInt64(words[0]), let hash = SHA256Hash(hex: words[1]),
            words[2...].allSatisfy({ !$0.hasPrefix("/") && !$0.split(separator: "/").contains("..") })
        else { return nil }
        return Entry(name: String(words[2]), target: String(words[3]), byteCount: count, sha256: hash)
    }

    private static func damaged(_ place: String) -> CommandError {
        CommandError("\(place) was altered or cut: use another backup", status: .damage)
    }
}
