public import Events
public import ProviderKit

/// Where the secrets of credentials lie, apart from the log. The one that there is seals them with the master key.
public protocol SecretStore: Sendable {
    func store(id: LogPosition, secret: Secret) throws
    func secret(of id: LogPosition) throws -> Secret
    func remove(id: LogPosition) throws
}
