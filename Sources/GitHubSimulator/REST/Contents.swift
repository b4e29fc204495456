extension RepositoryRequest {
    /// `contents/{path}?ref=`: a file, a folder's entries, a symbolic link or a submodule.
    func contents() throws -> RESTAnswer {
        if try isEmpty() { throw RESTFailure.notFound("This repository is empty.") }
        let reference = call.query["ref"] ?? info.defaultBranch
        guard let commit = try resolveCommit(reference) else {
            throw RESTFailure.notFound("No commit found for the ref \(reference)")
        }
        let path = path(from: 1)
        let root = try commitObject(commit).tree
        guard let entry = try find(Array(path.utf8), in: root) else { throw RESTFailure.notFound() }
        if entry.type == "tree" {
            let entries = ListedEntry.parse(try git(["ls-tree", "-z", "-l", entry.id]))
            // In lists a submodule is told as a file, for older clients.
            let list = try entries.map { child in
                var child = child
                child.path = path.isEmpty ? child.path : Array("\(path)/".utf8) + child.path
                return try rendered(child, reference, type: child.type == "commit" ? "file" : nil, members: [])
            }
            return .json(.array(list))
        }
        return try file(entry, reference, root: root)
    }

    private func file(_ entry: ListedEntry, _ reference: String, root: String) throws -> RESTAnswer {
        if entry.type == "commit" {
            return .json(try rendered(entry, reference, type: "submodule", members: [("submodule_git_url", nil)]))
        }
        var entry = entry
        if entry.mode == "120000" {
            let target = try objects.content(entry.id, of: .blob) ?? []
            // A link to a file of the repository answers with that file.
            guard let aim = Self.resolved(target, from: entry.path), let linked = try find(aim, in: root),
                linked.type == "blob", linked.mode != "120000"
            else {
                let text = JSONValue.string(String(decoding: target, as: UTF8.self))
                return .json(try rendered(entry, reference, type: "symlink", members: [("target", text)]))
            }
            (entry.id, entry.sizeBytes, entry.mode) = (linked.id, linked.sizeBytes, linked.mode)
        }
        let size = entry.sizeBytes ?? 0
        if size > limits.blobBytes {
            throw RESTFailure.tooLarge("This API returns blobs up to \(limits.blobBytes >> 20) MB in size.")
        }
        let bytes = try objects.content(entry.id, of: .blob) ?? []
        if call.accepts("raw") { return .raw(bytes, type: "application/vnd.github.raw; charset=utf-8") }
        let isShort = size <= limits.contentsBytes
        return .json(
            try rendered(
                entry, reference, type: nil,
                members: [
                    ("content", .string(isShort ? Base64.lines(bytes) : "")),
                    ("encoding", isShort ? "base64" : "none"),
                ]))
    }

    private func rendered(
        _ entry: ListedEntry, _ reference: String, type: String?, members: [(key: String, value: JSONValue)]
    ) throws -> JSONValue {
        let path = String(decoding: entry.path, as: UTF8.self)
        let encoded = FormText.percentEncoded(path)
        let own = JSONValue.string("\(address)/contents/\(encoded)?ref=\(reference)")
        let (isFolder, isModule) = (entry.type == "tree", entry.type == "commit")
        let git: JSONValue =
            isModule ? .null : .string("\(address)/git/\(isFolder ? "trees" : "blobs")/\(entry.id)")
        let kind = isFolder ? "tree" : "blob"
        let page: JSONValue =
            isModule ? .null : "\(renderer.webURL)/\(info.fullName)/\(kind)/\(reference)/\(encoded)"
        let standard = isFolder ? "dir" : entry.mode == "120000" ? "symlink" : isModule ? "submodule" : "file"
        let download: JSONValue =
            isFolder || isModule ? .null : "\(renderer.webURL)/\(info.fullName)/raw/\(reference)/\(encoded)"
        let common: [(key: String, value: JSONValue)] = [
            ("name", .string(String(path.split(separator: "/").last ?? ""))), ("path", .string(path)),
            ("sha", .string(entry.id)), ("size", .integer(Int64(entry.sizeBytes ?? 0))), ("url", own),
            ("html_url", page), ("git_url", git), ("download_url", download), ("type", .string(type ?? standard)),
        ]
        return .object(common + members + [("_links", ["self": own, "git": git, "html": page])])
    }

    /// The entry at a path, with its size; the root is the empty path.
    private func find(_ path: [UInt8], in root: String) throws -> ListedEntry? {
        var entry = ListedEntry(mode: "40000", type: "tree", id: root, path: [])
        for name in path.split(separator: UInt8(ascii: "/")) {
            guard entry.type == "tree", let bytes = try objects.content(entry.id, of: .tree),
                let child = try TreeObject.parse(bytes).first(where: { $0.name.elementsEqual(name) })
            else { return nil }
            let type = child.isTree ? "tree" : child.mode == "160000" ? "commit" : "blob"
            entry = ListedEntry(
                mode: child.mode, type: type, id: child.id.hexadecimal,
                path: entry.path + (entry.path.isEmpty ? [] : [UInt8(ascii: "/")]) + name)
        }
        if entry.type == "blob" { entry.sizeBytes = try objects.content(entry.id, of: .blob)?.count }
        return entry
    }

    /// A link's target as a path from the root; nil where it leads out of the repository.
    private static func resolved(_ target: [UInt8], from path: [UInt8]) -> [UInt8]? {
        guard target.first != UInt8(ascii: "/") else { return nil }
        var parts = path.split(separator: UInt8(ascii: "/")).dropLast().map(Array.init)
        for part in target.split(separator: UInt8(ascii: "/")) {
            if part.elementsEqual("..".utf8) {
                if parts.popLast() == nil { return nil }
            } else if !part.elementsEqual(".".utf8) {
                parts.append(Array(part))
            }
        }
        return Array(parts.joined(separator: [UInt8(ascii: "/")]))
    }
}
