import Events
import Git
import GitProtocol
import ProviderKit

/// One reading of one commit over REST: its directories by the cheapest way that tells them all, then the contents that
/// are not there yet, then the items.
struct RESTReading {
    private let source: Source
    private let client: RESTClient
    private let access: Access
    private let commit: ObjectID
    private let known: any KnownContent
    private let sink: any ObservationSink
    private let repository: String
    private let last: LastTrees?
    private var ladder: TreeLadder
    private var pushed: PushReading
    private var contents = Contents()

    /// What became of the contents that were asked for.
    private struct Contents {
        var sizes: [ObjectID: UInt64] = [:]
        var tooLarge: Set<ObjectID> = []
        var refused: Set<ObjectID> = []
    }

    /// - Parameter repository: the path of the repository in the API, such as `/repos/octo/hello`.
    init(
        source: Source, repository: String, client: RESTClient, access: Access, commit: ObjectID,
        known: any KnownContent, sink: any ObservationSink
    ) throws {
        self.source = source
        self.client = client
        self.access = access
        self.commit = commit
        self.known = known
        self.sink = sink
        self.repository = repository
        last = known.checkpoint != nil && !known.isDistrusted ? try LastTrees(known, of: source) : nil
        ladder = TreeLadder(
            repository: repository, client: client, access: access, filter: try source.filter(), limits: source.limits,
            last: last)
        pushed = PushReading(
            repository: repository, client: client, access: access, commit: commit, source: source,
            filter: try source.filter())
    }

    mutating func run() async throws -> Observation {
        let before = client.traffic
        let told = try await CommitRecovery(commitJSON(), id: commit).result()
        let mode = try await load(told.tree)
        let needed = try await needed(told.tree)
        for (index, (id, path)) in needed.enumerated() {
            let received = client.traffic.bytesReceived - before.bytesReceived
            sink.reading(ReadingProgress(.contents, done: UInt64(index), of: UInt64(needed.count), bytes: received))
            try await take(id, path)
        }
        let used = client.traffic - before
        try await sink.fetched(
            FetchCompleted(
                mode: mode, commit: SHA1Hash(commit), requests: used.requests, bytesReceived: used.bytesReceived,
                bytesSent: used.bytesSent, objects: UInt64(needed.count)))
        try await handOverItems(told.tree)
        return Observation(
            commit: SHA1Hash(commit), tree: SHA1Hash(told.tree), author: told.author, committer: told.committer)
    }

    /// The ids of all contents with their paths, without the contents.
    mutating func identifiers(_ body: (_ path: [UInt8], _ hash: SHA1Hash) throws -> Void) async throws {
        let tree = try await CommitRecovery(commitJSON(), id: commit).tree
        _ = try await load(tree)
        var listing = try listing(tree)
        while let item = try listing.next() {
            if case .blob(let path, _, let id) = item { try body(path, SHA1Hash(id)) }
        }
    }

    // MARK: - Directories

    private func commitJSON() async throws -> JSON {
        let answer = try await client.send(RESTRequest("\(repository)/git/commits/\(commit)"), as: access)
        guard answer.isSuccess else { throw answer.failure("commit \(commit)") }
        return try answer.json()
    }

    /// Goes down the ladder until every directory is at hand.
    private mutating func load(_ tree: ObjectID) async throws -> FetchMode {
        if try last?.entries(of: tree) != nil { return .compare }
        if let checkpoint = known.checkpoint, last != nil, ![.zero, SHA1Hash(commit)].contains(checkpoint.commit) {
            if let told = source.pushed, PushReading.isCheaper(told),
                try await succeeds(.push, { try await $0.push(told, checkpoint.commit, tree) })
            {
                return .push
            }
            if try await succeeds(.compare, { try await $0.compare(ObjectID(checkpoint.commit), tree) }) {
                return .compare
            }
        }
        if try await succeeds(.recursiveTree, { try await $0.ladder.loadAtOnce(tree) }) { return .recursiveTree }
        try await ladder.loadBySubtrees(tree)
        for skipped in ladder.skippedPaths {
            let path = String(decoding: skipped.path, as: UTF8.self)
            try await sink.fetchFailed(
                .subtrees,
                .permanent(
                    .unsupported, "REST cannot tell the directory \(path): its names are no text, or it is too large"))
        }
        return .subtrees
    }

    /// Tries one way; where it does not lead to the end, that is recorded.
    private mutating func succeeds(
        _ mode: FetchMode, _ way: (inout Self) async throws -> Void
    ) async throws -> Bool {
        do {
            try await way(&self)
            return true
        } catch let step as LadderStep {
            try await sink.fetchFailed(mode, step.error)
            return false
        }
    }

    private mutating func push(_ told: PushedChanges, _ base: SHA1Hash, _ tree: ObjectID) async throws {
        let changes = try await pushed.changes(told, since: base, known)
        ladder.told.take(try changes.applied(to: known, giving: tree))
    }

    private mutating func compare(_ base: ObjectID, _ tree: ObjectID) async throws {
        // One commit a page: what matters are the files, which are all on the first one.
        let request = RESTRequest("\(repository)/compare/\(base)...\(commit)?per_page=1&page=1")
        let answer = try await client.send(request, as: access)
        guard answer.isSuccess else {
            throw LadderStep(.notFound, answer.failure("comparison with \(base)").message)
        }
        let comparison = try Comparison(
            try answer.json(Comparison.selection), maximumFileCount: client.settings.maximumComparedFileCount)
        ladder.told.take(try comparison.changes.applied(to: known, giving: tree))
    }

    private func listing(_ tree: ObjectID, wasWalked: Bool = false) throws -> TreeListing {
        try TreeListing(
            root: tree, trees: ladder.told.trees, last: last, source: source, passedOver: ladder.unlisted,
            wasWalked: wasWalked)
    }

    // MARK: - Contents

    /// The contents that have to be asked for, each with a path of it, in the order of the paths.
    private func needed(_ tree: ObjectID) async throws -> [(id: ObjectID, path: [UInt8])] {
        var needed: [(id: ObjectID, path: [UInt8])] = []
        var seen: Set<ObjectID> = []
        var listing = try listing(tree)
        while let item = try listing.next() {
            guard case .blob(let path, let mode, let id) = item, seen.insert(id).inserted else { continue }
            if staysLeftOut(path, mode, id) != nil { continue }
            if try await sink.needs(SHA1Hash(id)) { needed.append((id, path)) }
        }
        return needed
    }

    private mutating func take(_ id: ObjectID, _ path: [UInt8]) async throws {
        if let size = ladder.told.sizes[id], isTooLarge(size) {
            contents.sizes[id] = size
            contents.tooLarge.insert(id)
            return
        }
        guard let body = try await body(of: id) else {
            contents.tooLarge.insert(id)
            return
        }
        let size = body.byteCount
        contents.sizes[id] = size
        guard !isTooLarge(size) else {
            contents.tooLarge.insert(id)
            return
        }
        let content = ContentDescription(hash: SHA1Hash(id), size: size, path: path)
        switch try await sink.store(content, { try body.forEachPiece($0) }) {
        case .stored, .present: break
        case .refused: contents.refused.insert(id)
        case .mismatched: throw ProviderError.transient(.hashMismatch, "what GitHub sent for \(id) has another hash")
        }
    }

    /// The bytes of a content; nil where they are too many.
    private mutating func body(of id: ObjectID) async throws -> AnswerBody? {
        if let body = pushed.takeBody(of: id) { return body }
        var request = RESTRequest("\(repository)/git/blobs/\(id)", media: .raw)
        request.maximumByteCount = Int(clamping: client.settings.maximumRESTBlobByteCount)
        request.spillPath = "\(source.spoolDirectory)/\(id).blob"
        do {
            let answer = try await client.send(request, as: access)
            if answer.isTooLarge { return nil }
            guard answer.isSuccess else { throw answer.failure("content \(id)") }
            return answer.body
        } catch let error as ProviderError where error.code == .limitExceeded {
            return nil
        }
    }

    private func isTooLarge(_ size: UInt64) -> Bool {
        size > min(source.limits.maximumBlobByteCount ?? .max, client.settings.maximumRESTBlobByteCount)
    }

    /// What the last sync left out here and would leave out again, so that it is not fetched in order to be skipped.
    private func staysLeftOut(_ path: [UInt8], _ mode: FileMode, _ id: ObjectID) -> ObservedItem.Content? {
        guard let content = last?.leftOut(at: path),
            case .skipped(mode.rawValue, SHA1Hash(id), let size, let reason) = content
        else { return nil }
        switch reason {
        case .tooLarge where isTooLarge(size), .hashCollision: return content
        default: return nil
        }
    }

    // MARK: - Items

    private func handOverItems(_ tree: ObjectID) async throws {
        var skipped = ladder.skippedPaths[...]
        var listing = try listing(tree, wasWalked: true)
        while let item = try listing.next() {
            let observed = observed(item)
            while let next = skipped.first, next.path.lexicographicallyPrecedes(observed.path) {
                try await handOver(skipped: next)
                skipped.removeFirst()
            }
            try await sink.item(observed)
        }
        for next in skipped { try await handOver(skipped: next) }
    }

    private func handOver(skipped: (path: [UInt8], id: ObjectID)) async throws {
        try await sink.item(
            ObservedItem(
                path: skipped.path,
                content: .skipped(mode: GitMode.tree, hash: SHA1Hash(skipped.id), size: 0, reason: .unreadable)))
    }

    private func observed(_ item: TreeListing.Item) -> ObservedItem {
        switch item {
        case .submodule(let path, let id): return ObservedItem(path: path, content: .submodule(hash: SHA1Hash(id)))
        case .skipped(let path, let mode, let id, let reason):
            return ObservedItem(
                path: path, content: .skipped(mode: mode.rawValue, hash: SHA1Hash(id), size: 0, reason: reason))
        case .blob(let path, let mode, let id):
            if let content = staysLeftOut(path, mode, id) { return ObservedItem(path: path, content: content) }
            let size = contents.sizes[id]
            func skipped(_ reason: SkipReason) -> ObservedItem {
                ObservedItem(
                    path: path,
                    content: .skipped(mode: mode.rawValue, hash: SHA1Hash(id), size: size ?? 0, reason: reason))
            }
            if contents.tooLarge.contains(id) { return skipped(.tooLarge) }
            if contents.refused.contains(id) { return skipped(.hashCollision) }
            return ObservedItem(path: path, content: .blob(mode: mode.rawValue, hash: SHA1Hash(id), size: size))
        }
    }
}
