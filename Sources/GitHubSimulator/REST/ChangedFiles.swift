/// One file of a comparison.
struct ChangedFile: Sendable {
    var status: String
    /// The blob's id; of a removed file, the one it had.
    var id: String
    var path: [UInt8]
    var previousPath: [UInt8]?
    var additions = 0
    var deletions = 0
    /// nil for what is no text, or did not change.
    var patch: String?
}

extension RepositoryRequest {
    /// The empty tree, which git knows without having it.
    private static let emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

    /// What differs between two commits (nil for none), in the order of the paths, with renames found.
    func changedFiles(from base: String?, to head: String) throws -> [ChangedFile] {
        let range = [base ?? Self.emptyTree, head]
        var files = Self.parseRaw(try git(["diff-tree", "-r", "-M", "-z", "--raw", "--no-abbrev"] + range))
        let counts = Self.parseCounts(try git(["diff-tree", "-r", "-M", "-z", "--numstat"] + range))
        let patches = Self.parsePatches(try git(["diff-tree", "-r", "-M", "-p", "--no-color"] + range))
        for index in files.indices {
            if counts.count == files.count { (files[index].additions, files[index].deletions) = counts[index] }
            // A file that becomes a link has two patches: then they cannot be told apart by their order.
            if patches.count == files.count { files[index].patch = patches[index] }
        }
        return files
    }

    func rendered(_ file: ChangedFile, at commit: String) -> JSONValue {
        let path = String(decoding: file.path, as: UTF8.self)
        let encoded = FormText.percentEncoded(path)
        var members: [(key: String, value: JSONValue)] = [
            ("sha", .string(file.id)), ("filename", .string(path)), ("status", .string(file.status)),
            ("additions", .integer(Int64(file.additions))), ("deletions", .integer(Int64(file.deletions))),
            ("changes", .integer(Int64(file.additions + file.deletions))),
            ("blob_url", "\(renderer.webURL)/\(info.fullName)/blob/\(commit)/\(encoded)"),
            ("raw_url", "\(renderer.webURL)/\(info.fullName)/raw/\(commit)/\(encoded)"),
            ("contents_url", "\(address)/contents/\(encoded)?ref=\(commit)"),
        ]
        if let patch = file.patch { members.append(("patch", .string(patch))) }
        if let previous = file.previousPath {
            members.append(("previous_filename", .string(String(decoding: previous, as: UTF8.self))))
        }
        return .object(members)
    }

    // MARK: Parsing

    /// `:oldmode newmode oldid newid status NUL path NUL`, with a second path where the status is R or C.
    private static func parseRaw(_ output: [UInt8]) -> [ChangedFile] {
        let names = [
            "A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed",
        ]
        var (files, parts) = ([ChangedFile](), output.split(separator: 0)[...])
        while let head = parts.popFirst(), let path = parts.popFirst() {
            let fields = String(decoding: head, as: UTF8.self).split(separator: " ")
            guard fields.count == 5, let letter = fields[4].first else { break }
            var file = ChangedFile(
                status: names[String(letter)] ?? "changed", id: String(fields[letter == "D" ? 2 : 3]),
                path: Array(path))
            if letter == "R" || letter == "C", let new = parts.popFirst() {
                (file.previousPath, file.path) = (Array(path), Array(new))
            }
            files.append(file)
        }
        return files
    }

    /// `added TAB removed TAB path NUL`, or with an empty path and two more behind it.
    private static func parseCounts(_ output: [UInt8]) -> [(Int, Int)] {
        var (counts, parts) = ([(Int, Int)](), output.split(separator: 0, omittingEmptySubsequences: false)[...])
        while let head = parts.popFirst(), !head.isEmpty {
            let fields = head.split(separator: 0x09, maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { break }
            if fields[2].isEmpty { parts = parts.dropFirst(2) }
            // Binary files have dashes.
            let numbers = fields.prefix(2).map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
            counts.append((numbers[0], numbers[1]))
        }
        return counts
    }

    /// One patch a file, from its first hunk on.
    private static func parsePatches(_ output: [UInt8]) -> [String?] {
        var (patches, hunk, isOpen) = ([String?](), [ArraySlice<UInt8>](), false)
        func close() {
            if isOpen {
                patches.append(
                    hunk.isEmpty ? nil : String(decoding: Array(hunk.joined(separator: [0x0A])), as: UTF8.self))
            }
            hunk = []
        }
        for line in output.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if line.starts(with: "diff --git ".utf8) {
                close()
                isOpen = true
            } else if !hunk.isEmpty || line.starts(with: "@@ ".utf8) {
                hunk.append(line)
            }
        }
        if hunk.last?.isEmpty == true { hunk.removeLast() }
        close()
        return patches
    }
}
