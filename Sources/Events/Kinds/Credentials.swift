/// What kind of access a tenant has given.
public enum CredentialKind: UInt32, Sendable, CaseIterable {
    /// A token that lives until somebody revokes it.
    case token = 1
    /// A user's token that expires, with one to refresh it.
    case user = 2
    /// An installation of the App that the settings name; its tokens are asked for when they are needed.
    case installation = 3

    public var name: String { String(describing: self) }
}
