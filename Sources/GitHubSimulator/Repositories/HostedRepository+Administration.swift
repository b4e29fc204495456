import FoundationEssentials
import Synchronization

extension HostedRepository {
    // MARK: Names

    /// Gives it another name; requests to the old one are sent on.
    public func rename(to name: String) throws {
        let old = info
        try world.directory.withLock {
            try $0.name(self, "\(old.owner.login)/\(name)", was: old.fullName)
        }
        change { $0.name = name }
        world.tell(
            "repository", action: "renamed", of: info,
            [("changes", ["repository": ["name": ["from": .string(old.name)]]])])
    }

    /// Gives it to another account; requests to the old name are sent on.
    public func transfer(to owner: String) throws {
        let (old, new) = (info, world.account(owner))
        try world.directory.withLock {
            try $0.name(self, "\(new.login)/\(old.name)", was: old.fullName)
        }
        // It leaves the installations of its old owner.
        world.access.withLock { access in
            for id in access.installations.keys { access.installations[id]?.selected?.remove(self.id) }
        }
        change { $0.owner = new }
        let kind = old.owner.isOrganization ? "organization" : "user"
        let from: JSONValue =
            old.owner.isOrganization ? world.renderer.organization(old.owner) : world.renderer.account(old.owner)
        world.tell(
            "repository", action: "transferred", of: info,
            [("changes", ["owner": ["from": .object([(key: kind, value: from)])]])])
    }

    /// Deletes it, on disk too. Its number is never used again.
    public func delete() throws {
        let info = info
        world.directory.withLock { $0.remove(self, named: info.fullName) }
        world.tell("repository", action: "deleted", of: info)
        world.readers.close()
        try FileManager.default.removeItem(atPath: path)
    }

    // MARK: Who may read it

    /// Hides it from whoever has no right to it, or opens it to all.
    public func setPrivate(_ isPrivate: Bool) {
        guard info.isPrivate != isPrivate else { return }
        change { $0.isPrivate = isPrivate }
        world.tell("repository", action: isPrivate ? "privatized" : "publicized", of: info)
        if !isPrivate { world.tell("public", of: info) }
    }

    /// Lets a user read it.
    public func grant(to login: String) { change { $0.collaborators.insert(login) } }

    public func withdraw(from login: String) { change { $0.collaborators.remove(login) } }

    /// Blocks it, as a notice under the DMCA does: 451, and with another reason (`tos`) 403.
    public func takeDown(reason: String = "dmca") {
        let now = world.clock.seconds
        change { $0.block = .init(reason: reason, createdAtSeconds: now) }
    }

    /// Ends a block.
    public func restore() { change { $0.block = nil } }

    // MARK: Settings

    public func setArchived(_ isArchived: Bool) {
        guard info.isArchived != isArchived else { return }
        change { $0.isArchived = isArchived }
        world.tell("repository", action: isArchived ? "archived" : "unarchived", of: info)
    }

    /// Makes another branch the one that `HEAD` names.
    public func setDefaultBranch(_ branch: String) throws {
        let old = info.defaultBranch
        try references.setHead("refs/heads/\(branch)")
        change { $0.defaultBranch = branch }
        world.tell(
            "repository", action: "edited", of: info, [("changes", ["default_branch": ["from": .string(old)]])])
    }

    public func setDescription(_ description: String?) {
        let old = info.description
        change { $0.description = description }
        world.tell("repository", action: "edited", of: info, [("changes", ["description": ["from": JSONValue(old)]])])
    }
}
