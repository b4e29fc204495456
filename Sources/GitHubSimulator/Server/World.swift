import Logging
import Synchronization

/// All that the simulated GitHub holds.
final class World: Sendable {
    let configuration: GitHubServer.Configuration
    let faults: FaultBoard
    let meter = TrafficMeter()
    let readers = ReaderPool()
    let directory = Mutex(RepositoryDirectory())
    let access = Mutex(AccessBook())
    let quotas = QuotaBook()
    let webhooks: WebhookBoard
    let capabilities = CapabilityCache()
    private let address = Mutex("")
    private let random: Mutex<SplitMix64>

    init(_ configuration: GitHubServer.Configuration) {
        self.configuration = configuration
        faults = FaultBoard(seed: configuration.seed)
        random = Mutex(SplitMix64(state: configuration.seed ^ 0x746F_6B65_6E73))
        webhooks = WebhookBoard(seed: configuration.seed)
    }

    var clock: SimulatedClock { configuration.clock }
    var limits: Limits { configuration.limits }

    // MARK: Addresses

    func listens(at address: String) { self.address.withLock { $0 = address } }

    var renderer: Renderer {
        let address = address.withLock { $0 }
        return Renderer(apiURL: address + GitHubServer.apiPath, webURL: address)
    }

    // MARK: Names

    /// Letters and digits that are the same for one seed.
    func randomText(_ prefix: String, count: Int = 36) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return random.withLock { random in
            prefix + String((0..<count).map { _ in letters[Int(random.next() % UInt64(letters.count))] })
        }
    }

    func account(_ login: String, isOrganization: Bool = false) -> Account {
        directory.withLock { $0.account(login, isOrganization: isOrganization) }
    }

    /// Says what went wrong here, where the client is told little.
    func report(_ words: StaticString, _ error: any Error) {
        configuration.logger.error("\(words)", metadata: ["error": "\(error)"])
    }

    /// Lets go of what holds on to this, and of the processes.
    func close() {
        directory.withLock { $0.repositories = [:] }
        readers.close()
        webhooks.close()
    }
}

/// Which repository has which name.
struct RepositoryDirectory {
    /// What a name leads to.
    enum Entry {
        case here(HostedRepository)
        /// Another name now: requests are sent on to its number.
        case moved(HostedRepository)
        case none
    }

    private var accounts: [String: Account] = [:]
    var repositories: [Int64: HostedRepository] = [:]
    private var names: [String: Int64] = [:]
    private var oldNames: [String: Int64] = [:]
    private var lastAccount: Int64 = 1000
    private var lastRepository: Int64 = 100_000

    // MARK: Accounts

    mutating func account(_ login: String, isOrganization: Bool = false) -> Account {
        if let known = accounts[login.lowercased()] { return known }
        lastAccount += 1
        let account = Account(login: login, id: lastAccount, isOrganization: isOrganization)
        accounts[login.lowercased()] = account
        return account
    }

    func knownAccount(_ login: String) -> Account? { accounts[login.lowercased()] }

    // MARK: Repositories

    mutating func nextID() -> Int64 {
        lastRepository += 1
        return lastRepository
    }

    func entry(_ fullName: String) -> Entry {
        let key = fullName.lowercased()
        if let repository = names[key].flatMap({ repositories[$0] }) { return .here(repository) }
        if let repository = oldNames[key].flatMap({ repositories[$0] }) { return .moved(repository) }
        return .none
    }

    /// Gives a repository its first name, or another one.
    mutating func name(_ repository: HostedRepository, _ fullName: String, was old: String? = nil) throws {
        let key = fullName.lowercased()
        guard names[key] == nil || names[key] == repository.id else {
            throw SimulatorError(code: .conflict, message: "there is a repository \(fullName)")
        }
        // A new repository takes its name from one that has moved on.
        oldNames[key] = nil
        if let old = old?.lowercased(), old != key {
            names[old] = nil
            oldNames[old] = repository.id
        }
        names[key] = repository.id
        repositories[repository.id] = repository
    }

    mutating func remove(_ repository: HostedRepository, named fullName: String) {
        repositories[repository.id] = nil
        names[fullName.lowercased()] = nil
        oldNames = oldNames.filter { $0.value != repository.id }
    }
}
