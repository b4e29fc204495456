import Synchronization

/// A repository on the simulated GitHub. What changes it here is told to the webhooks.
public final class HostedRepository: Sendable {
    /// What one push did to one reference; ids of 40 zeros stand for none.
    public struct Push: Sendable, Hashable {
        public var reference: String
        public var before: String
        public var after: String
    }

    static let noCommit = String(repeating: "0", count: 40)

    public let id: Int64
    /// The bare repository's folder.
    public let path: String
    let objects: ObjectStore
    let references: References
    // A circle until the server ends, which lets go of its repositories.
    let world: World
    private let state: Mutex<RepositoryInfo>
    /// The references that webhooks were told of; whoever moves one holds it.
    let announced = Mutex<[String: String]>([:])
    /// Whether nobody hears of it yet, since it is being filled.
    private let isSilent = Mutex(true)

    init(world: World, info: RepositoryInfo) throws {
        (self.world, id) = (world, info.id)
        path = "\(world.configuration.root)/\(info.id).git"
        objects = ObjectStore(path: path, readers: world.readers)
        references = References(path: path)
        state = Mutex(info)
    }

    /// What is known of it now.
    public var info: RepositoryInfo { state.withLock { $0 } }
    /// `owner/name`.
    public var fullName: String { info.fullName }
    /// Where `git clone` finds it.
    public var cloneURL: String { "\(world.renderer.webURL)/\(fullName).git" }

    /// Changes what is known of it.
    func change(_ body: (inout RepositoryInfo) -> Void) {
        let now = world.clock.seconds
        state.withLock {
            body(&$0)
            $0.updatedAtSeconds = now
        }
    }

    /// From now on what happens to it is told.
    func speak() { isSilent.withLock { $0 = false } }

    var isTold: Bool { !isSilent.withLock { $0 } }

    // MARK: On disk

    /// Makes the folder of an empty repository, as `git init --bare` does.
    func makeFolder(branch: String) throws {
        for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
            try Files.makeFolder("\(path)/\(folder)")
        }
        try references.setHead("refs/heads/\(branch)")
        let configuration = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
        try Files.write(Array(configuration.utf8), to: "\(path)/config")
    }

    // MARK: Reading

    /// The commit that a branch points to; nil where there is none.
    public func head(of branch: String? = nil) throws -> String? {
        try references.id("refs/heads/\(branch ?? info.defaultBranch)")
    }

    /// The id that a branch, a tag, a reference or an id itself stands for; nil where there is none.
    func resolve(_ name: String) throws -> String? {
        if ObjectStore.isID(name) { return try objects.read(name) == nil ? nil : name }
        for prefix in name == "HEAD" ? [""] : ["refs/heads/", "refs/tags/", "refs/", ""] {
            if let id = try references.id(prefix + name) { return id }
        }
        return nil
    }

    /// The repository as git sees it, to read it and, inside of `update`, to change it.
    public var builder: RepositoryBuilder { RepositoryBuilder(opening: path, branch: info.defaultBranch) }
}
