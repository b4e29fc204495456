package import Curl
package import Events
package import GitProtocol
package import ProviderKit

/// A conversation with one repository on a Git server.
///
/// `@unchecked Sendable`: its connection is used by one sync at a time, as ``Provider`` says of sessions.
package final class GitSession: ProviderSession, @unchecked Sendable {
    private let source: Source
    private let server: GitServerConnection

    /// How often a reading is begun again because the server no longer has what it had named.
    static let maximumRestarts = 2

    init(source: Source, settings: GitSettings) {
        self.source = source
        server = GitServerConnection(
            url: String(decoding: source.locator.source, as: UTF8.self), settings: settings)
    }

    /// For a source whose locator is not its URL, and which may want a password.
    package init(source: Source, url: String, credentials: BasicCredentials?, settings: GitSettings) {
        self.source = source
        server = GitServerConnection(url: url, credentials: credentials, settings: settings)
    }

    /// The server sends whoever asks to another place than the URL.
    package var hasMoved: Bool { server.hasMoved }

    package var traffic: Traffic { server.traffic }

    package func head(since checkpoint: Checkpoint?) async throws -> SourceHead {
        let head = try server.head(branch: source.configuration.branch)
        return SourceHead(
            commit: head.commit.map { SHA1Hash($0) }, ref: head.ref, changed: changed(head.commit, checkpoint))
    }

    private func changed(_ commit: ObjectID?, _ checkpoint: Checkpoint?) -> Bool {
        guard let checkpoint else { return true }
        return checkpoint.commit != commit.map { SHA1Hash($0) } ?? .zero
    }

    package func observe(_ head: SourceHead, known: any KnownContent, into sink: any ObservationSink) async throws
        -> Observation
    {
        var head = head
        for _ in 0..<Self.maximumRestarts {
            do {
                return try await observeOnce(head, known: known, into: sink)
            } catch is WantRefused {
                // The ref moved and what it named is gone: ask again where it is.
                head = try await self.head(since: known.checkpoint)
            }
        }
        return try await observeOnce(head, known: known, into: sink)
    }

    private func observeOnce(
        _ head: SourceHead, known: any KnownContent, into sink: any ObservationSink
    ) async throws -> Observation {
        guard let commit = head.commit else {
            // A repository without a commit: no items.
            return Observation(commit: .zero, tree: SHA1Hash(TreeSource.emptyTree))
        }
        var reading = try GitReading(source: source, server: server, commit: ObjectID(commit), known: known, sink: sink)
        return try await reading.run()
    }

    package func identifiers(at head: SourceHead, _ body: (_ path: [UInt8], _ hash: SHA1Hash) throws -> Void)
        async throws
    {
        guard let commit = head.commit else { return }
        let spool = Spool(source: source)
        let pack = try spool.receive("identifiers", bases: NoBases()) { spool in
            try server.fetch(
                server.filters ? .partial(commit: ObjectID(commit)) : .plain(commit: ObjectID(commit)), into: spool)
        }
        let trees = try TreeSource(packs: [pack], known: nil)
        let root = try Commit(
            parsing: PackReader(pack).read(ObjectID(commit), maxBytes: GitReading.maximumCommitByteCount).content)
        var walk = try TreeWalk(root: root.tree, source: trees, filter: try source.filter(), limits: source.limits)
        while let item = try walk.next() {
            if case .blob(let path, _, let id) = item { try body(path, SHA1Hash(id)) }
        }
    }
}

/// The server no longer serves an object that it had named.
struct WantRefused: Error {}

extension Source {
    /// The repository's patterns.
    ///
    /// - Throws: ``ProviderError`` (permanent) for a pattern that is malformed.
    package func filter() throws -> PathFilter {
        do {
            return try PathFilter(include: configuration.include, exclude: configuration.exclude)
        } catch {
            throw ProviderError.permanent(.unsupported, "a pattern is malformed: \(error); change it with `repo set`")
        }
    }
}
