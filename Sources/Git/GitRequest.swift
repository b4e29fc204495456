import GitProtocol

/// What is asked of a server in one fetch.
enum GitRequest {
    /// A commit with everything in it.
    case plain(commit: ObjectID)
    /// A commit without what another one holds, as a thin pack.
    case incremental(commit: ObjectID, since: ObjectID)
    /// A commit with its trees, without contents.
    case partial(commit: ObjectID)
    /// Single objects by id.
    case objects([ObjectID])
}
