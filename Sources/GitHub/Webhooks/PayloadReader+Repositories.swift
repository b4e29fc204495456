import Events
import ProviderKit

extension PayloadReader {
    /// What the event `repository` says.
    func repositoryChange(_ action: String?) -> WebhookReport.Content {
        guard let repository = repository(payload["repository"]) else { return .other }
        switch action {
        case "created": return .repository(repository, .created)
        case "deleted": return .repository(repository, .deleted)
        case "renamed": return .repository(repository, .moved(from: nameBefore(repository)))
        case "transferred": return .repository(repository, .moved(from: ownerBefore(repository)))
        case "privatized": return .repository(visible(repository, isPrivate: true), .visibility(isPrivate: true))
        case "publicized": return .repository(visible(repository, isPrivate: false), .visibility(isPrivate: false))
        case "archived": return .repository(repository, .archived)
        case "unarchived": return .repository(repository, .unarchived)
        case "edited": return .repository(repository, .edited)
        default: return .other
        }
    }

    /// The action is the news; the repository's own field may be older.
    private func visible(_ repository: ReportedRepository, isPrivate: Bool) -> ReportedRepository {
        var repository = repository
        repository.isPrivate = isPrivate
        return repository
    }

    private func nameBefore(_ repository: ReportedRepository) -> Locator? {
        guard let before = payload["changes"]?["repository"]?["name"]?["from"]?.string,
            let now = RepositoryName(String(decoding: repository.locator.source, as: UTF8.self))
        else { return nil }
        return RepositoryName("\(now.owner)/\(before)")?.locator
    }

    private func ownerBefore(_ repository: ReportedRepository) -> Locator? {
        let owner = payload["changes"]?["owner"]?["from"]
        guard let before = login(owner?["user"]) ?? login(owner?["organization"]),
            let now = RepositoryName(String(decoding: repository.locator.source, as: UTF8.self))
        else { return nil }
        return RepositoryName("\(before)/\(now.name)")?.locator
    }

    /// What the event `installation` says.
    func installation(_ action: String?) -> WebhookReport.Content {
        let listed = repositories("repositories")
        return switch action {
        case "created": installation(.created, added: listed)
        case "deleted": installation(.deleted, removed: listed)
        case "suspend": installation(.suspended)
        case "unsuspend": installation(.resumed)
        // It lists what could be read all along.
        case "new_permissions_accepted": installation(.changed)
        default: .other
        }
    }

    /// What the event `installation_repositories` says.
    func installationRepositories(_ action: String?) -> WebhookReport.Content {
        guard action == "added" || action == "removed" else { return .other }
        return installation(
            .changed, added: repositories("repositories_added"), removed: repositories("repositories_removed"))
    }

    private func installation(
        _ change: ReportedInstallation.Change, added: [ReportedRepository] = [], removed: [ReportedRepository] = []
    ) -> WebhookReport.Content {
        let installation = payload["installation"]
        guard let id = installation?["id"]?.uint64 else { return .other }
        return .installation(
            ReportedInstallation(
                id: id, account: login(installation?["account"]) ?? "", change: change, added: added, removed: removed))
    }

    private func repositories(_ field: String) -> [ReportedRepository] {
        (payload[field]?.array ?? []).compactMap { repository($0) }
    }
}
