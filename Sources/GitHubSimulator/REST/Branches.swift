extension RepositoryRequest {
    private static let (heads, refs) = ("refs/heads/", "refs/")

    /// `branches`, in pages.
    func branches() throws -> RESTAnswer {
        let all = try repository.references.all().filter { $0.key.hasPrefix(Self.heads) }.sorted { $0.key < $1.key }
        let page = call.page()
        let shown = all.dropFirst((page.number - 1) * page.size).prefix(page.size)
        var answer = RESTAnswer.json(
            .array(
                shown.map { name, id in
                    [
                        "name": .string(String(name.dropFirst(Self.heads.count))),
                        "commit": ["sha": .string(id), "url": "\(address)/commits/\(id)"], "protected": false,
                    ]
                }))
        if let links = call.pageLinks("\(numericAddress)/branches", page: page, total: all.count) {
            answer.headers.append(("Link", links))
        }
        return answer
    }

    /// `branches/{branch}`.
    func branch() throws -> RESTAnswer {
        let name = path(from: 1)
        guard let id = try repository.references.id(Self.heads + name) else {
            throw RESTFailure.notFound("Branch not found")
        }
        let people = { (person: CommitObject.Person) in world.account(withEmail: person.email) }
        let commit = renderer.commit(id, try commitObject(id), in: info, people: people)
        let own = "\(address)/branches/\(name)"
        return .json([
            "name": .string(name), "commit": .object(commit),
            "_links": ["self": .string(own), "html": "\(renderer.webURL)/\(info.fullName)/tree/\(name)"],
            "protected": false,
            "protection": [
                "enabled": false, "required_status_checks": ["enforcement_level": "off", "contexts": [], "checks": []],
            ],
            "protection_url": "\(own)/protection",
        ])
    }

    /// `git/ref/{reference}`: this one alone.
    func reference() throws -> RESTAnswer {
        let name = Self.refs + path(from: 2)
        if try isEmpty() { throw RESTFailure.emptyRepository }
        guard let id = try repository.references.id(name), let object = try objects.read(id) else {
            throw RESTFailure.notFound()
        }
        return .json(renderer.reference(name, id, object.kind, in: info))
    }

    /// `git/refs` and `git/matching-refs/{prefix}`: all whose name begins so.
    func references() throws -> RESTAnswer {
        if try isEmpty() { throw RESTFailure.emptyRepository }
        let prefix = Self.refs + path(from: 2)
        let all = try repository.references.all().filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
        return .json(
            .array(
                try all.compactMap { name, id in
                    try objects.read(id).map { renderer.reference(name, id, $0.kind, in: info) }
                }))
    }
}
