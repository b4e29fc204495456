/// A user or an organisation.
public struct Account: Sendable, Hashable {
    public var login: String
    public var id: Int64
    public var isOrganization: Bool
}

/// What GitHub knows of a repository beside its content, at one moment.
public struct RepositoryInfo: Sendable {
    /// Why a repository is blocked.
    public struct Block: Sendable {
        /// `dmca` or `tos`.
        public var reason: String
        /// Since 1970.
        public var createdAtSeconds: Int64
    }

    /// GitHub's number for it, which it keeps through renames and transfers and which no other one ever gets.
    public var id: Int64
    public var owner: Account
    public var name: String
    public var isPrivate: Bool
    public var isArchived = false
    public var description: String?
    public var defaultBranch: String
    /// Users who may read it beside its owner.
    public var collaborators: Set<String> = []
    public var block: Block?
    /// Since 1970, as the two below.
    public var createdAtSeconds: Int64
    public var updatedAtSeconds: Int64
    public var pushedAtSeconds: Int64

    /// `owner/name`.
    public var fullName: String { "\(owner.login)/\(name)" }
}
