import EventLog
public import Events
import Projections
public import ProviderKit
import State

extension Engine {
    /// Gives a tenant access to this service.
    ///
    /// - Parameters:
    ///   - name: for people: what it is for.
    ///   - random: ``AccessToken/randomByteCount`` random bytes.
    /// - Returns: its id, and the token, which is kept nowhere.
    public func issueToken(
        named name: String, tenant: TenantID, random: [UInt8]
    ) async throws -> (id: LogPosition, token: Secret) {
        let token = AccessToken.make(random)
        let event = Event.tokenIssued(TokenIssued(hash: AccessToken.hash(Array(token.revealText().utf8)), name: name))
        return (try await append(event, tenant), token)
    }

    /// Takes an access back; whoever uses it is refused from now on.
    ///
    /// - Parameter tenant: whose it has to be; nil: anybody's.
    /// - Throws: `IngestError` (unknownToken) where there is none of that id.
    public func revokeToken(_ id: LogPosition, of tenant: TenantID? = nil) async throws {
        guard let row = try state.read({ view in try view.tokens(of: tenant) }).first(where: { $0.id == id }) else {
            throw IngestError(
                .unknownToken, "there is no token \(id.rawValue): `tokens list` shows those that there are")
        }
        _ = try await append(.tokenRevoked(TokenRevoked(id: id, hash: row.hash)), row.tenant)
    }

    private func append(_ event: Event, _ tenant: TenantID) async throws -> LogPosition {
        guard case .appended(let range) = try await writer.append([EventDraft(event, tenant: tenant)], at: clock())
        else { preconditionFailure("an append without claims cannot find one taken") }
        return range.lowerBound
    }
}
