import Events
import GitHubSimulator

/// The simulated GitHub of the demo, with a repository and its fork.
struct DemoHub: Sendable {
    let server: GitHubServer
    private let project: HostedRepository
    private let branch: String

    /// The webhooks are signed with it. It protects nothing: both ends are in this process.
    static let secret = "demo"
    static let projectName = "demo/project"
    static let forkName = "demo/fork"

    /// The project is at its first commit.
    init(server: GitHubServer, repository: DemoRepository, folder: String) throws {
        self.server = server
        branch = repository.builder.branch
        project = try server.addRepository(Self.projectName, cloning: repository.builder.path)
        try project.setBranch(branch, to: repository.first)
        _ = try server.addRepository(Self.forkName, cloning: "\(folder)/\(DemoRepository.forkName)")
    }

    static func locator(_ name: String) -> Locator { Locator(provider: "github", source: Array(name.utf8)) }

    /// Pushes a commit, which GitHub tells to the webhook's address.
    func push(_ commit: String, tellingPort port: Int) throws {
        server.setWebhook(url: "http://127.0.0.1:\(port)/webhooks/github", secret: Self.secret)
        try project.setBranch(branch, to: commit)
    }
}
