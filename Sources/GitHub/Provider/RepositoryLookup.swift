import Events
import ProviderKit

/// What GitHub says of a repository: `GET /repos/{owner}/{repo}` or `GET /repositories/{id}`.
struct RepositoryLookup {
    let id: UInt64
    let name: RepositoryName
    let isPrivate: Bool
    /// Without `refs/heads/`.
    let defaultBranch: [UInt8]

    static let selection: JSONSelection = [
        "id": .everything, "full_name": .everything, "private": .everything, "default_branch": .everything,
    ]

    /// - Throws: ``ProviderError`` (malformed).
    init(_ json: JSON) throws(ProviderError) {
        guard let id = json["id"]?.uint64, let name = json["full_name"]?.string.flatMap({ RepositoryName($0) }),
            let isPrivate = json["private"]?.bool
        else { throw .transient(.malformed, "GitHub's answer for a repository lacks its id, name or visibility") }
        self.id = id
        self.name = name
        self.isPrivate = isPrivate
        defaultBranch = Array((json["default_branch"]?.string ?? "").utf8)
    }

    var identity: SourceIdentity { SourceIdentity(externalID: id, locator: name.locator, isPrivate: isPrivate) }

    var defaultRef: [UInt8] { Array("refs/heads/".utf8) + defaultBranch }
}
