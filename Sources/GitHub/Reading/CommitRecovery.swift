import Events
import GitProtocol
import ProviderKit

/// A commit as the REST API tells it, and as far as that can be done the commit as Git has it.
///
/// REST tells times in UTC, so the zones of the author and the committer are lost. They are found again: the right ones
/// give the commit's own id. A signed commit comes with the text that was signed, which has them.
struct CommitRecovery {
    private let id: ObjectID
    let tree: ObjectID
    private let parents: [ObjectID]
    private let author: Person
    private let committer: Person
    private let message: [UInt8]
    private let signedText: [UInt8]?

    /// What the commit is said to be, with the lines of author and committer as the commit has them.
    struct Result: Equatable {
        var tree: ObjectID
        var author: [UInt8]
        var committer: [UInt8]
        /// The lines are the commit's own, zones included.
        var isExact: Bool
    }

    private struct Person {
        /// `Name <address> SECONDS ` without the zone.
        let text: [UInt8]

        init?(_ json: JSON?) {
            guard let json, let name = json["name"]?.string, let address = json["email"]?.string,
                let time = json["date"]?.string.flatMap({ Timestamp(rfc3339: $0) })
            else { return nil }
            text = Array("\(name) <\(address)> \(time.seconds) ".utf8)
        }
    }

    /// - Throws: ``ProviderError`` (malformed) where the answer to `GET /repos/…/git/commits/{sha}` lacks what is needed.
    init(_ json: JSON, id: ObjectID) throws(ProviderError) {
        func hash(_ json: JSON?) -> ObjectID? { json?["sha"]?.string.flatMap { ObjectID(hex: $0) } }
        guard hash(json) == id, let tree = hash(json["tree"]), let author = Person(json["author"]),
            let committer = Person(json["committer"]), let message = json["message"]?.string
        else { throw .transient(.malformed, "GitHub's answer for commit \(id) lacks its tree, author or message") }
        self.id = id
        self.tree = tree
        self.author = author
        self.committer = committer
        self.message = Array(message.utf8)
        parents = json["parents"]?.array?.compactMap { hash($0) } ?? []
        signedText = json["verification"]?["payload"]?.string.map { Array($0.utf8) }
    }

    func result() -> Result {
        // What was signed need not be a commit that can be read; then it is searched for as if nothing had been signed.
        if let signedText, let signed = try? Commit(parsing: signedText), signed.tree == tree {
            return Result(tree: tree, author: signed.author, committer: signed.committer, isExact: true)
        }
        if let found = search() { return found }
        return Result(tree: tree, author: author.text + Self.utc, committer: committer.text + Self.utc, isExact: false)
    }

    private static let utc = Array("+0000".utf8)

    /// Zones in use, and some that were (tz database), the frequent ones first.
    private static let zones: [[UInt8]] = {
        let frequent = [
            "+0000", "-0700", "-0800", "+0200", "+0100", "-0400", "-0500", "+0800", "+0530", "+0900", "+0300",
        ]
        var hours: [String] = []
        for hour in 0...14 {
            for minute in ["00", "30", "45"] {
                let digits = "\(hour < 10 ? "0" : "")\(hour)\(minute)"
                hours += ["+\(digits)", "-\(digits)"]
            }
        }
        return (frequent + hours.filter { !frequent.contains($0) }).map { Array($0.utf8) }
    }()

    /// Longer messages are searched with one zone for both, which is the frequent case.
    private static let longMessageByteCount = 16 << 10

    private func search() -> Result? {
        var hasher = ObjectHasher()
        let head = Array(
            ("tree \(tree)\n" + parents.map { "parent \($0)\n" }.joined() + "author ").utf8)
        // Git ends a message with a line feed, and the API may leave it out.
        let messages = message.last == UInt8(ascii: "\n") ? [message] : [message + [UInt8(ascii: "\n")], message]
        func matches(_ authorZone: [UInt8], _ committerZone: [UInt8]) -> Result? {
            let author = author.text + authorZone
            let committer = committer.text + committerZone
            let lines = head + author + Array("\ncommitter ".utf8) + committer + Array("\n\n".utf8)
            for message in messages where hasher.hash(.commit, lines + message) == id {
                return Result(tree: tree, author: author, committer: committer, isExact: true)
            }
            return nil
        }
        for zone in Self.zones {
            if let found = matches(zone, zone) { return found }
        }
        guard message.count <= Self.longMessageByteCount else { return nil }
        for authorZone in Self.zones {
            for committerZone in Self.zones where committerZone != authorZone {
                if let found = matches(authorZone, committerZone) { return found }
            }
        }
        return nil
    }
}
