import Foundation
import OpenSSL
import Synchronization
import Testing

@testable import GitHubSimulator

/// What is sent looks like what GitHub has sent to others.
@Suite(.enabled(if: Recorded.isThere, "needs the recorded payloads")) struct WebhookShapeTests {
    /// Does something, and gives the payloads of an App's hook and of a repository's.
    private func payloads(
        of event: String, action: String? = nil, _ act: (GitHubServer, HostedRepository, Installation) throws -> Void
    ) async throws -> (app: Any, plain: Any) {
        var found: (app: Any, plain: Any)?
        try await withGitHub { server, repository, _ in
            let app = try server.registerApp(owner: "acme")
            let installation = server.install(app, on: "acme", repositories: [repository])
            server.setWebhook(of: app, url: "http://127.0.0.1:9/hook", secret: "s")
            server.setWebhook(url: "http://127.0.0.1:9/hook", secret: "s")
            try act(server, repository, installation)
            let told = server.deliveries.filter { $0.event == event && (action == nil || $0.action == action) }
            let bodies = try told.map { try JSONSerialization.jsonObject(with: Data($0.payload)) }
            found = (try #require(bodies.first), try #require(bodies.last))
        }
        return try #require(found)
    }

    @Test func pushes() async throws {
        let ours = try await payloads(of: "push") { _, repository, _ in
            try repository.push(["new.txt": "new\n"], on: "fresh")
        }
        let recorded = try Recorded.webhook("push/with-new-branch.payload.json")
        let isOrganization: Set = ["+organization"]
        #expect(differences(recorded: recorded, ours: ours.app) == isOrganization)
        #expect(differences(recorded: recorded, ours: ours.plain) == isOrganization.union(["-installation"]))

        let deletion = try await payloads(of: "push") { _, repository, _ in
            try repository.setReference("refs/tags/v1", to: repository.head())
            try repository.setReference("refs/tags/v1", to: nil)
        }
        let deleted = try Recorded.webhook("push/with-organization.payload.json")
        #expect(differences(recorded: deleted, ours: deletion.plain) == [])
    }

    @Test(arguments: ["create", "delete"]) func references(event: String) async throws {
        let ours = try await payloads(of: event) { _, repository, _ in
            try repository.setReference("refs/tags/simple-tag", to: repository.head())
            try repository.setReference("refs/tags/simple-tag", to: nil)
        }
        #expect(
            differences(recorded: try Recorded.webhook("\(event)/with-organization.payload.json"), ours: ours.plain)
                == [])
        #expect(
            differences(recorded: try Recorded.webhook("\(event)/with-installation.payload.json"), ours: ours.app)
                == ["+organization"])
    }

    @Test(arguments: [
        ("renamed", "renamed"), ("privatized", "privatized.with-organization"),
        ("publicized", "publicized.with-organization"), ("created", "created"),
        ("edited", "edited.with-default_branch-edit"),
    ]) func repositories(action: String, file: String) async throws {
        let ours = try await payloads(of: "repository", action: action) { server, repository, _ in
            try repository.rename(to: "gadgets")
            repository.setPrivate(true)
            repository.setPrivate(false)
            try server.addRepository("acme/more")
            try repository.push(["a": "a"], on: "other")
            try repository.setDefaultBranch("other")
        }
        let recorded = try Recorded.webhook("repository/\(file).payload.json")
        // The recorded renaming was told to an App.
        #expect(differences(recorded: recorded, ours: action == "renamed" ? ours.app : ours.plain) == [])
    }

    @Test func transfers() async throws {
        let ours = try await payloads(of: "repository", action: "transferred") { server, repository, _ in
            try server.addRepository("bob/tool").transfer(to: "acme")
        }
        let recorded = try Recorded.webhook("repository/transferred.with-organization.payload.json")
        #expect(differences(recorded: recorded, ours: ours.plain) == [])
    }

    @Test func openings() async throws {
        let ours = try await payloads(of: "public") { _, repository, _ in
            repository.setPrivate(true)
            repository.setPrivate(false)
        }
        #expect(
            differences(recorded: try Recorded.webhook("public/with-installation.payload.json"), ours: ours.app)
                == ["+organization"])
    }

    @Test(arguments: [
        ("installation", "created"), ("installation", "suspend"), ("installation", "unsuspend"),
        ("installation", "deleted"), ("installation_repositories", "added"), ("installation_repositories", "removed"),
    ]) func installations(event: String, action: String) async throws {
        let ours = try await payloads(of: event, action: action) { server, repository, installation in
            let other = try server.addRepository("acme/other")
            server.add([other], to: installation)
            server.remove([repository], from: installation)
            server.suspend(installation)
            server.unsuspend(installation)
            server.uninstall(installation)
            let app = try #require(server.world.access.withLock { $0.apps[installation.appID] })
            server.install(app, on: "acme", repositories: [other])
        }
        let recorded = try Recorded.webhook("\(event)/\(action).payload.json")
        // Permissions are whatever an App has; some recorded installations are older than some members.
        let found = differences(recorded: recorded, ours: ours.app).filter { !$0.contains(".permissions.") }
        let newer: Set = [
            "+installation.app_slug", "+installation.has_multiple_single_files", "+installation.single_file_paths",
        ]
        // Two recorded ones have their times as text.
        let asText: Set = ["?installation.created_at", "?installation.updated_at"]
        #expect(found.subtracting(newer) == (action.contains("suspend") ? asText : []))
    }

    @Test func pings() async throws {
        let ours = try await payloads(of: "ping") { _, _, _ in }
        let recorded = try Recorded.webhook("ping/with-organization.payload.json")
        let found = differences(recorded: recorded, ours: ours.plain)
        #expect(found == ["-organization", "-hook.url", "-hook.ping_url"])
    }
}
