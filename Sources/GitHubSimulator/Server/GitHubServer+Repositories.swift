import Synchronization

extension GitHubServer {
    // MARK: Accounts

    /// An organisation. An account that is named without it is a user's.
    @discardableResult
    public func addOrganization(_ login: String) -> Account { world.account(login, isOrganization: true) }

    // MARK: Repositories

    /// Makes a repository. Webhooks hear that it was created, and of no push.
    /// - Parameters:
    ///   - fullName: `owner/name`; a name that a repository has left is free again.
    ///   - files: the first commit's; without any the repository is empty.
    @discardableResult
    public func addRepository(
        _ fullName: String, isPrivate: Bool = false, branch: String = "main",
        files: [RepositoryPath: RepositoryContent] = [:]
    ) throws -> HostedRepository {
        try add(fullName, isPrivate: isPrivate, branch: branch) { repository in
            try repository.makeFolder(branch: branch)
            if !files.isEmpty { try repository.push(files.mapValues(Optional.some), message: "Initial commit") }
        }
    }

    /// Makes a repository from one on disk, with all its history.
    @discardableResult
    public func addRepository(_ fullName: String, isPrivate: Bool = false, cloning source: String) throws
        -> HostedRepository
    {
        try add(fullName, isPrivate: isPrivate, branch: "main") { repository in
            let builder = try RepositoryBuilder(cloning: source, to: repository.path)
            repository.change { $0.defaultBranch = builder.branch }
        }
    }

    private func add(
        _ fullName: String, isPrivate: Bool, branch: String, _ fill: (HostedRepository) throws -> Void
    ) throws -> HostedRepository {
        let names = fullName.split(separator: "/").map(String.init)
        guard names.count == 2 else {
            throw SimulatorError(code: .malformed, message: "\(fullName) is no owner/name")
        }
        let (owner, now) = (world.account(names[0]), world.clock.seconds)
        let info = RepositoryInfo(
            id: world.directory.withLock { $0.nextID() }, owner: owner, name: names[1], isPrivate: isPrivate,
            defaultBranch: branch, createdAtSeconds: now, updatedAtSeconds: now, pushedAtSeconds: now)
        let repository = try HostedRepository(world: world, info: info)
        // What fills it is no push.
        try fill(repository)
        try repository.takeNote()
        try world.directory.withLock { try $0.name(repository, fullName) }
        repository.speak()
        world.tell("repository", action: "created", of: repository.info)
        return repository
    }

    /// nil where there is none of that name now.
    public func repository(_ fullName: String) -> HostedRepository? {
        guard case .here(let repository) = world.directory.withLock({ $0.entry(fullName) }) else { return nil }
        return repository
    }

    /// All of them, by number.
    public var repositories: [HostedRepository] {
        world.directory.withLock { $0.repositories.values.sorted { $0.id < $1.id } }
    }
}
