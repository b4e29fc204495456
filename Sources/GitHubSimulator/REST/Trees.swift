extension RepositoryRequest {
    /// `git/trees/{tree, commit or reference}`, with any `recursive` at all the trees below too.
    func tree() throws -> RESTAnswer {
        let name = path(from: 2)
        if try isEmpty() { throw RESTFailure.emptyRepository }
        guard let id = try repository.resolve(name), let (peeled, object) = try objects.peeled(id) else {
            throw RESTFailure.notFound()
        }
        var tree = peeled
        if object.kind == .commit { tree = CommitObject(parsing: object.content).tree }
        guard object.kind != .blob else { throw RESTFailure.notFound() }
        let isRecursive = call.query["recursive"] != nil
        let listing = try ListedEntry.parse(
            git(["ls-tree", "-z", "-l"] + (isRecursive ? ["-r", "-t"] : []) + [tree]))
        var (entries, sizeBytes) = ([JSONValue](), 0)
        var isTruncated = false
        for entry in listing {
            let bytes = rendered(entry).bytes
            sizeBytes += bytes.count + 1
            if entries.count >= limits.treeEntries || sizeBytes > limits.treeBytes {
                isTruncated = true
                break
            }
            entries.append(.encoded(bytes))
        }
        return .json([
            "sha": .string(tree), "url": "\(address)/git/trees/\(tree)", "tree": .array(entries),
            "truncated": .bool(isTruncated),
        ])
    }

    private func rendered(_ entry: ListedEntry) -> JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("path", .string(String(decoding: entry.path, as: UTF8.self))), ("mode", .string(entry.mode)),
            ("type", .string(entry.type)), ("sha", .string(entry.id)),
        ]
        if let size = entry.sizeBytes { members.append(("size", .integer(Int64(size)))) }
        // A submodule's commit is in another repository.
        if entry.type != "commit" { members.append(("url", "\(address)/git/\(entry.type)s/\(entry.id)")) }
        return .object(members)
    }

    /// `git/blobs/{id}`: JSON, or the bytes alone.
    func blob() throws -> RESTAnswer {
        let id = path(from: 2)
        guard ObjectStore.isID(id) else {
            throw RESTFailure.unprocessable(
                "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
        }
        guard let bytes = try objects.content(id, of: .blob) else {
            if try isEmpty() { throw RESTFailure.emptyRepository }
            throw RESTFailure.notFound()
        }
        if bytes.count > limits.blobBytes {
            throw RESTFailure.tooLarge(
                "This API returns blobs up to \(limits.blobBytes >> 20) MB in size. The requested blob is too large to fetch via the API, but you can always clone the repository via Git in order to obtain the blob."
            )
        }
        if call.accepts("raw") { return .raw(bytes, type: "application/vnd.github.raw; charset=utf-8") }
        return .json([
            "sha": .string(id), "node_id": Renderer.nodeID("Blob", "\(info.id):\(id)"),
            "size": .integer(Int64(bytes.count)), "url": "\(address)/git/blobs/\(id)",
            "content": .string(Base64.lines(bytes)), "encoding": "base64",
        ])
    }
}

/// One line of `git ls-tree -l -z`.
struct ListedEntry: Sendable {
    var mode: String
    /// `blob`, `tree` or `commit`.
    var type: String
    var id: String
    /// Of blobs alone.
    var sizeBytes: Int?
    var path: [UInt8]

    /// `mode SP type SP id SP+ size TAB path NUL`.
    static func parse(_ output: [UInt8]) -> [ListedEntry] {
        output.split(separator: 0).compactMap { line in
            guard let tab = line.firstIndex(of: 0x09) else { return nil }
            let fields = line[..<tab].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            guard fields.count == 4 else { return nil }
            return ListedEntry(
                mode: fields[0], type: fields[1], id: fields[2], sizeBytes: Int(fields[3]),
                path: Array(line[(tab + 1)...]))
        }
    }
}
