/// One pending change of a tree.
enum TreeChange: Sendable {
    case write(RepositoryPath, FileMode, RepositoryContent)
    /// An object that is there already, or a commit of another repository.
    case place(RepositoryPath, FileMode, id: String)
    case remove(RepositoryPath)
    case rename(from: RepositoryPath, to: RepositoryPath)
    case removeAll
}

/// One commit to be made.
struct CommitDraft: Sendable {
    var reference: String
    var parents: [String]
    var message: String
    var author: String
    /// Seconds since 1970.
    var time: Int64
    var changes: [TreeChange]
}

/// Writes the language of `git fast-import`, which makes a commit of any size in one run, without a work tree.
struct FastImportStream {
    let input: CommandInput

    func write(_ draft: CommitDraft) throws {
        if draft.parents.isEmpty {
            // Without it the reference's present commit would become the parent.
            try input.write("reset \(draft.reference)\n\n")
        }
        try input.write("commit \(draft.reference)\nmark :1\n")
        for role in ["author", "committer"] { try input.write("\(role) \(draft.author) \(draft.time) +0000\n") }
        try write(.text(draft.message))
        for (index, parent) in draft.parents.enumerated() {
            try input.write("\(index == 0 ? "from" : "merge") \(parent)\n")
        }
        for change in draft.changes { try write(change) }
        try input.write("\nget-mark :1\n")
    }

    private func write(_ change: TreeChange) throws {
        switch change {
        case .write(let path, let mode, let content):
            try input.write("M \(mode.rawValue) inline \(Self.quoted(path))\n")
            try write(content)
        case .place(let path, let mode, let id):
            try input.write("M \(mode.rawValue) \(id) \(Self.quoted(path))\n")
        case .remove(let path): try input.write("D \(Self.quoted(path))\n")
        case .rename(let from, let to): try input.write("R \(Self.quoted(from)) \(Self.quoted(to))\n")
        case .removeAll: try input.write("deleteall\n")
        }
    }

    private func write(_ content: RepositoryContent) throws {
        try input.write("data \(content.sizeBytes)\n")
        try content.forEachPiece(input.write)
        try input.write("\n")
    }

    /// A path as a C string: any byte but NUL may stand in it.
    static func quoted(_ path: RepositoryPath) -> String {
        var text = "\""
        for byte in path.bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7F: text += String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 8)
                text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            }
        }
        return text + "\""
    }
}
