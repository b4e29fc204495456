/// A commit, as its object tells it.
struct CommitObject: Sendable {
    struct Person: Sendable {
        var name: String
        var email: String
        /// Since 1970.
        var seconds: Int64
    }

    var tree = ""
    var parents: [String] = []
    var author: Person
    var committer: Person
    var message = ""

    init(tree: String, parents: [String], author: Person, message: String) {
        (self.tree, self.parents, self.author, committer) = (tree, parents, author, author)
        self.message = message
    }

    init(parsing content: [UInt8]) {
        (author, committer) = (Person(parsing: ""), Person(parsing: ""))
        for field in Self.fields(content) {
            switch field.name {
            case "tree": tree = field.value
            case "parent": parents.append(field.value)
            case "author": author = Person(parsing: field.value)
            case "committer": committer = Person(parsing: field.value)
            default: break
            }
        }
        var rest = content[...]
        while let line = rest.firstIndex(of: UInt8(ascii: "\n")), line != rest.startIndex {
            rest = rest[(line + 1)...]
        }
        message = String(decoding: rest.dropFirst(), as: UTF8.self)
        // The answers leave the line feed at the end out.
        if message.hasSuffix("\n") { message.removeLast() }
    }

    var encoded: [UInt8] {
        var text = "tree \(tree)\n"
        for parent in parents { text += "parent \(parent)\n" }
        for (role, person) in [("author", author), ("committer", committer)] {
            text += "\(role) \(person.name) <\(person.email)> \(person.seconds) +0000\n"
        }
        return Array("\(text)\n\(message)\n".utf8)
    }

    /// The lines before the first empty one, split at their first space.
    static func fields(_ content: [UInt8]) -> [(name: String, value: String)] {
        var (fields, rest) = ([(name: String, value: String)](), content[...])
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")), end != rest.startIndex {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            let name = line.prefix { $0 != " " }
            fields.append((String(name), String(line.dropFirst(name.count + 1))))
            rest = rest[(end + 1)...]
        }
        return fields
    }
}

extension CommitObject.Person {
    /// `Name <address> seconds zone`.
    init(parsing text: String) {
        let parts = text.split(separator: "<", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = (parts.count > 1 ? parts[1] : "").split(
            separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
        name = parts.first.map { $0.hasSuffix(" ") ? String($0.dropLast()) : String($0) } ?? ""
        email = rest.first.map(String.init) ?? ""
        seconds = (rest.count > 1 ? rest[1] : "").split(separator: " ").first.flatMap { Int64($0) } ?? 0
    }
}
