import Curl
import Events
import Git
import GitProtocol
import ProviderKit

/// A conversation with one repository on GitHub.
///
/// `@unchecked Sendable`: one sync uses it at a time, as ``Provider`` says of sessions.
final class GitHubSession: ProviderSession, @unchecked Sendable {
    let source: Source
    let settings: GitHubSettings
    let client: RESTClient
    let ledger: QuotaLedger
    private let book: CredentialBook
    /// Where it is now, as far as this session has learnt.
    private(set) var repository: RepositoryName
    private var knownAccess: Access?
    private var git: GitSession?
    /// Of Git sessions that were replaced.
    private var earlierTraffic = Traffic()
    /// Why Git is not used in this session, though it should be.
    private(set) var gitFailure: ProviderError?

    init(
        source: Source, repository: RepositoryName, settings: GitHubSettings, book: CredentialBook,
        ledger: QuotaLedger, client: RESTClient
    ) {
        self.source = source
        self.repository = repository
        self.settings = settings
        self.book = book
        self.ledger = ledger
        self.client = client
    }

    var traffic: Traffic { client.traffic + earlierTraffic + (git?.traffic ?? Traffic()) }

    /// Where the repository is in the API.
    var apiPath: String { "/repos/\(repository)" }

    var usesREST: Bool { settings.transport == .rest || gitFailure != nil }

    func access() async throws -> Access {
        if let knownAccess { return knownAccess }
        let access = try await book.access(of: source.tenant, to: repository, client)
        knownAccess = access
        return access
    }

    // MARK: - Contents

    func observe(_ head: SourceHead, known: any KnownContent, into sink: any ObservationSink) async throws
        -> Observation
    {
        guard source.configuration.fetchesLargeFiles else { return try await read(head, known, sink) }
        let files = LargeFileClient(
            repository: repository, client: client, token: try await access().token(client),
            limit: QuotaLedger.largeFiles(try await access().quota), spoolDirectory: source.spoolDirectory)
        let largeFiles = LargeFileSink(sink: sink, known: known, files: files, limits: source.limits)
        let observation = try await read(head, EveryItem(known: known), largeFiles)
        try await largeFiles.flush()
        return observation
    }

    private func read(_ head: SourceHead, _ known: any KnownContent, _ sink: any ObservationSink) async throws
        -> Observation
    {
        guard let commit = head.commit else {
            return Observation(commit: .zero, tree: SHA1Hash(ObjectID.emptyTree))
        }
        if !usesREST {
            do {
                return try await withGit { try await $0.observe(head, known: known, into: sink) }
            } catch let error as ProviderError where stepsDown(error) {
                try await stepDown(error)
            }
        }
        if let gitFailure {
            try await sink.fetchFailed(known.checkpoint == nil ? .plain : .incremental, gitFailure)
        }
        var reading = try await reading(commit, known, sink)
        return try await reading.run()
    }

    func identifiers(at head: SourceHead, _ body: (_ path: [UInt8], _ hash: SHA1Hash) throws -> Void) async throws {
        guard let commit = head.commit else { return }
        if !usesREST {
            do {
                return try await withGit { try await $0.identifiers(at: head, body) }
            } catch let error as ProviderError where stepsDown(error) {
                try await stepDown(error)
            }
        }
        var reading = try await reading(commit, NothingKnown(), NoSink())
        try await reading.identifiers(body)
    }

    private func reading(_ commit: SHA1Hash, _ known: any KnownContent, _ sink: any ObservationSink) async throws
        -> RESTReading
    {
        try RESTReading(
            source: source, repository: apiPath, client: client, access: try await access(), commit: ObjectID(commit),
            known: known, sink: sink)
    }

    /// Whether an error of Git's means that it cannot be reached at all, so that REST may take its place. A server that
    /// fails or asks to wait is waited for: REST would burn a request for each content.
    func stepsDown(_ error: ProviderError) -> Bool {
        settings.transport == .automatic
            && [.unreachable, .timeout, .unsupported].contains(error.code)
    }

    /// From here on this session reads over REST.
    func stepDown(_ error: ProviderError) async throws {
        gitFailure = error
        ledger.gitIsMissing(try await access().quota, at: settings.now())
    }

    // MARK: - Git

    /// Carries out something with Git, with a token that is good, unless its server asked to be left alone.
    func withGit<R>(_ body: (GitSession) async throws -> R) async throws -> R {
        let access = try await access()
        let token = try await access.token(client)
        do {
            return try await answered(access, openGit(token), body)
        } catch let error as ProviderError where error.code == .forbidden {
            guard await access.replaceRefused(token) else { throw error }
            closeGit()
            return try await answered(access, openGit(try await access.token(client)), body)
        }
    }

    private func answered<R>(
        _ access: Access, _ git: GitSession, _ body: (GitSession) async throws -> R
    ) async throws -> R {
        try ledger.checkGit(access.quota, at: settings.now())
        do {
            let result = try await body(git)
            ledger.gitAnswered(access.quota)
            return result
        } catch let error as ProviderError where error.errorClass == .rateLimited && error.code == .rateLimited {
            throw ledger.pauseGit(access.quota, until: error.retryAt, at: settings.now())
        }
    }

    /// Whether the Git server sent this session to another place.
    var gitHasMoved: Bool { git?.hasMoved ?? false }

    private func openGit(_ token: Secret?) -> GitSession {
        if let git { return git }
        var git = GitSettings(now: settings.now)
        git.certificateFile = settings.certificateFile
        git.proxy = settings.proxy
        git.allowsPrivateAddresses = settings.allowsPrivateAddresses
        git.ownHosts = settings.ownHosts
        let session = GitSession(
            source: source, url: GitHubURL.git(repository, settings),
            credentials: token.map { BasicCredentials(user: "x-access-token", password: $0.revealText()) },
            settings: git)
        self.git = session
        return session
    }

    private func closeGit() {
        earlierTraffic = earlierTraffic + (git?.traffic ?? Traffic())
        git = nil
    }

    // MARK: - Identity

    /// Asks what GitHub knows the repository by, by its number where that is known: then it is the same one, wherever it is
    /// now, and one that was made anew under its name is another.
    ///
    /// - Throws: ``ProviderError``: notFound, replaced, takenDown.
    func lookUp() async throws -> RepositoryLookup {
        let path = source.identity.map { "/repositories/\($0.externalID)" } ?? apiPath
        let answer = try await client.send(RESTRequest(path), as: try await access())
        guard answer.isSuccess else {
            if answer.status == 404, let known = source.identity?.externalID, let found = await holder(), found != known
            {
                throw ProviderError.replaced(source.locator.withoutNumber, known: known, by: found)
            }
            let subject = source.identity.map { "repository \(repository) (number \($0.externalID))" }
            throw answer.failure(subject ?? "repository \(repository)")
        }
        let found = try RepositoryLookup(try answer.json(RepositoryLookup.selection))
        if found.name != repository {
            book.forget(repository)
            repository = found.name
            closeGit()
        }
        return found
    }

    /// The number of the repository that has the name now; nil where there is none, or nobody can tell.
    private func holder() async -> UInt64? {
        do {
            let answer = try await client.send(RESTRequest(apiPath), as: try await access())
            return answer.isSuccess ? try RepositoryLookup(try answer.json(RepositoryLookup.selection)).id : nil
        } catch {
            return nil  // That the known one is gone is certain, and is what is reported.
        }
    }
}

extension Traffic {
    static func + (left: Self, right: Self) -> Self {
        Self(
            requests: left.requests + right.requests, bytesReceived: left.bytesReceived + right.bytesReceived,
            bytesSent: left.bytesSent + right.bytesSent)
    }
}

/// What is known, of which every item is wanted again: an earlier sync may have passed over what a pointer stands for.
private struct EveryItem: KnownContent {
    let known: any KnownContent

    var isExact: Bool { false }
    var checkpoint: Checkpoint? { known.checkpoint }
    var isEmpty: Bool { get throws { try known.isEmpty } }
    var isDistrusted: Bool { known.isDistrusted }

    func forEachItem(from path: [UInt8], _ body: (ObservedItem) throws -> Bool) throws {
        try known.forEachItem(from: path, body)
    }
    func size(of hash: SHA1Hash) throws -> UInt64? { try known.size(of: hash) }
    func content(of hash: SHA1Hash, atMost limit: Int) throws -> [UInt8]? {
        try known.content(of: hash, atMost: limit)
    }
}

/// For a look at ids alone.
private struct NothingKnown: KnownContent {
    let checkpoint: Checkpoint? = nil
    let isEmpty = true
    let isDistrusted = false

    func forEachItem(from path: [UInt8], _ body: (ObservedItem) throws -> Bool) throws {}
    func size(of hash: SHA1Hash) throws -> UInt64? { nil }
    func content(of hash: SHA1Hash, atMost limit: Int) throws -> [UInt8]? { nil }
}

/// For a look at ids alone.
private struct NoSink: ObservationSink {
    func fetched(_ report: FetchCompleted) async throws {}
    func fetchFailed(_ mode: FetchMode, _ error: ProviderError) async throws {}
    func needs(_ hash: SHA1Hash) async throws -> Bool { false }
    func store(
        _ content: ContentDescription, _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome { .present }
    func item(_ item: ObservedItem) async throws {}
}
