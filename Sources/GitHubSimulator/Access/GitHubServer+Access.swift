public import OpenSSL
import Synchronization

extension GitHubServer {
    // MARK: Apps

    /// Registers an App.
    /// - Parameters:
    ///   - key: what it signs with; nil makes one.
    ///   - events: what its hook hears of, beside its installations.
    @discardableResult
    public func registerApp(
        _ slug: String = "ingestor", owner: String = "acme", key: RSAPrivateKey? = nil,
        permissions: [String: String] = ["contents": "read", "metadata": "read"],
        events: Set<String> = ["push", "create", "delete", "repository", "public"]
    ) throws -> App {
        let key = try key ?? RSAPrivateKey.generate(bits: RSAPrivateKey.minimumBits)
        let owner = world.account(owner)
        let (client, secret) = (world.randomText("Iv1.", count: 16), world.randomText("", count: 40))
        let (now, pem) = (world.clock.seconds, try key.pem())
        return world.access.withLock { access in
            access.lastApp += 1
            let app = App(
                id: access.lastApp, slug: slug, name: slug, owner: owner, clientID: client, clientSecret: secret,
                privateKeyPEM: pem, permissions: permissions, events: events, createdAtSeconds: now)
            access.apps[app.id] = app
            access.keys[app.id] = key.publicKey
            return app
        }
    }

    /// Installs an App on an account, and tells its hook.
    /// - Parameter repositories: which; nil for all of the account's, also those to come.
    @discardableResult
    public func install(_ app: App, on login: String, repositories: [HostedRepository]? = nil) -> Installation {
        let (account, now) = (world.account(login), world.clock.seconds)
        let installation = world.access.withLock { access in
            access.lastInstallation += 1
            let installation = Installation(
                id: access.lastInstallation, appID: app.id, account: account,
                selected: repositories.map { Set($0.map(\.id)) }, permissions: app.permissions,
                createdAtSeconds: now, updatedAtSeconds: now)
            access.installations[installation.id] = installation
            return installation
        }
        world.tell("installation", action: "created", of: installation, [("repositories", names(installation))])
        return installation
    }

    /// As it is now; nil where it has been deleted.
    public func installation(_ id: Int64) -> Installation? { world.access.withLock { $0.installations[id] } }

    public func suspend(_ installation: Installation) { set(installation, isSuspended: true) }

    public func unsuspend(_ installation: Installation) { set(installation, isSuspended: false) }

    private func set(_ installation: Installation, isSuspended: Bool) {
        let now = world.clock.seconds
        let changed = change(installation) {
            $0.isSuspended = isSuspended
            $0.suspendedAtSeconds = isSuspended ? now : nil
        }
        if let changed { world.tell("installation", action: isSuspended ? "suspend" : "unsuspend", of: changed, []) }
    }

    /// Takes an App away from an account: its tokens are void.
    public func uninstall(_ installation: Installation) {
        let repositories = names(installation)
        guard let gone = world.access.withLock({ $0.installations.removeValue(forKey: installation.id) }) else {
            return
        }
        world.access.withLock { access in
            access.tokens = access.tokens.filter { $0.value.principal != .installation(gone.id) }
        }
        world.tell("installation", action: "deleted", of: gone, [("repositories", repositories)])
    }

    /// Adds repositories to those that were selected.
    public func add(_ repositories: [HostedRepository], to installation: Installation) {
        select(installation, added: repositories, removed: [])
    }

    /// Takes repositories away from those that were selected.
    public func remove(_ repositories: [HostedRepository], from installation: Installation) {
        select(installation, added: [], removed: repositories)
    }

    private func select(_ installation: Installation, added: [HostedRepository], removed: [HostedRepository]) {
        let changed = change(installation) { installation in
            let all = Set(repositories.filter { installation.covers($0.info) }.map(\.id))
            installation.selected = (installation.selected ?? all).union(added.map(\.id)).subtracting(removed.map(\.id))
        }
        guard let changed else { return }
        func names(_ repositories: [HostedRepository]) -> JSONValue {
            .array(repositories.map { world.renderer.repositoryName($0.info) })
        }
        world.tell(
            "installation_repositories", action: added.isEmpty ? "removed" : "added", of: changed,
            [
                ("repository_selection", "selected"), ("repositories_added", names(added)),
                ("repositories_removed", names(removed)), ("requester", nil),
            ])
    }

    private func change(_ installation: Installation, _ body: (inout Installation) -> Void) -> Installation? {
        guard var changed = self.installation(installation.id) else { return nil }
        body(&changed)
        changed.updatedAtSeconds = world.clock.seconds
        world.access.withLock { $0.installations[changed.id] = changed }
        return changed
    }

    private func names(_ installation: Installation) -> JSONValue {
        .array(repositories.map(\.info).filter(installation.covers).map(world.renderer.repositoryName))
    }

    // MARK: Tokens

    /// A token of a user that does not expire.
    public func makeToken(user login: String) -> String {
        _ = world.account(login)
        let token = world.randomText("ghp_")
        world.access.withLock { $0.tokens[token] = .init(principal: .user(login: login)) }
        return token
    }

    /// A token of a user for an App, which expires and can be refreshed.
    public func makeToken(user login: String, app: App) -> UserToken {
        _ = world.account(login)
        return world.makeUserToken(login, app: app)
    }

    /// An installation's token, as its App would get it.
    public func makeToken(of installation: Installation) -> String { world.makeToken(for: installation).token }

    /// Takes a token back.
    public func revoke(_ token: String) { world.access.withLock { $0.tokens[token] = nil } }
}
