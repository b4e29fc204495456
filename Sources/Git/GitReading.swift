import Events
import GitProtocol
import ProviderKit

/// One reading of one commit: fetch, check that all is there, hand over contents, and then items.
struct GitReading {
    private let source: Source
    private let server: GitServerConnection
    private let commit: ObjectID
    private let known: any KnownContent
    private let sink: any ObservationSink
    private let spool: Spool
    private let filter: PathFilter
    /// What the last completed sync left behind; nil where nothing is built upon it.
    private let knownTrees: KnownTrees?

    /// Limit of a commit object in bytes.
    static let maximumCommitByteCount = 16 << 20
    /// How many wants one request carries.
    static let wantsPerRequest = 20_000

    init(
        source: Source, server: GitServerConnection, commit: ObjectID, known: any KnownContent,
        sink: any ObservationSink
    ) throws {
        self.source = source
        self.server = server
        self.commit = commit
        self.known = known
        self.sink = sink
        spool = Spool(source: source)
        filter = try source.filter()
        if known.checkpoint != nil && !known.isDistrusted {
            knownTrees = try KnownTrees(known, cacheDirectory: source.cacheDirectory)
        } else {
            knownTrees = nil
        }
    }

    /// What was fetched and found to be whole.
    private struct Fetched {
        var commit: Commit
        var packs: [Pack]
        var trees: TreeSource
        /// What each distinct tree expands to.
        var extents: [ObjectID: TreeExtent]
        /// A path of each content that has to be stored.
        var needed: [ObjectID: [UInt8]]
        /// The trees that it is a difference from.
        var base: KnownTrees?
    }

    mutating func run() async throws -> Observation {
        let plan = FetchPlan(
            known: FetchPlan.Known(
                hasCheckpoint: known.checkpoint.map { ![.zero, SHA1Hash(commit)].contains($0.commit) } ?? false,
                isComplete: knownTrees?.leftOut.isEmpty ?? true,
                isEmpty: try known.isEmpty, isDistrusted: known.isDistrusted),
            hasPatterns: !filter.acceptsEverything, serverFilters: try server.filters)
        var failure: any Error = ProviderError.transient(.incomplete, "nothing was fetched")
        for mode in plan.modes {
            do {
                guard let fetched = try await fetch(mode) else { continue }
                return try await handOver(fetched)
            } catch let error as FetchFault {
                // What is wrong with one way need not be wrong with the next.
                failure = error.error
                try await sink.fetchFailed(mode, error.error)
            }
        }
        throw failure
    }

    // MARK: - Fetching

    /// Fetches in one mode; nil where another mode is the better one.
    private func fetch(_ mode: FetchMode) async throws -> Fetched? {
        switch mode {
        case .plain: try await fetchPlain()
        case .incremental: try await fetchIncremental()
        case .partial: try await fetchPartial()
        case .walk, .compare, .recursiveTree, .subtrees, .push: nil
        }
    }

    private func fetchPlain() async throws -> Fetched {
        // Nearly everything in this pack is needed, unless patterns leave some of it out.
        let takesAhead = filter.acceptsEverything && !known.isDistrusted
        let pack = try await receive(
            "\(commit.hex)-plain", .plain, .plain(commit: commit), NoBases(),
            observer: takesAhead ? ContentObserver(sink: sink, limits: source.limits) : nil)
        return try await check([pack], known: nil)
    }

    private func fetchIncremental() async throws -> Fetched {
        guard let checkpoint = known.checkpoint, let trees = knownTrees else {
            throw FetchFault(.incomplete, "there is no last sync")
        }
        let old = ObjectID(checkpoint.commit)
        let bases = KnownBases(content: known, trees: trees, maximumByteCount: spool.limits.maxDeltaResultBytes)
        let pack = try await receive(
            "\(commit.hex)-since-\(old.hex)", .incremental, .incremental(commit: commit, since: old), bases)
        return try await check([pack], known: trees)
    }

    private func fetchPartial() async throws -> Fetched? {
        let trees = try await receive("\(commit.hex)-trees", .partial, .partial(commit: commit), NoBases())
        let fetched = try await list([trees], known: nil)
        var packs = [trees]
        var missing = fetched.needed.keys.filter { !trees.contains($0) }.sorted()
        var number = 0
        // What an attempt that was cut has fetched already.
        while let pack = try spool.open("\(commit.hex)-blobs-\(number)", bases: NoBases()) {
            packs.append(pack)
            missing.removeAll { pack.contains($0) }
            number += 1
        }
        guard Double(missing.count) <= FetchPlan.maximumMissingFraction * Double(max(1, fetched.blobCount)) else {
            return nil
        }
        for start in stride(from: 0, to: missing.count, by: Self.wantsPerRequest) {
            let wants = Array(missing[start..<min(start + Self.wantsPerRequest, missing.count)])
            packs.append(
                try await receive("\(commit.hex)-blobs-\(number)", .partial, .objects(wants), NoBases()))
            number += 1
        }
        return try await check(packs, known: nil)
    }

    /// What an object of a source tree takes, about: an average over well-known projects.
    private static let typicalObjectByteCount: UInt64 = 4096

    /// Fetches one pack, or takes it from the spool, and says so.
    private func receive(
        _ name: String, _ mode: FetchMode, _ request: GitRequest, _ bases: any BaseProvider,
        observer: (any PackObserver)? = nil
    ) async throws -> Pack {
        if let pack = try spool.open(name, bases: bases) {
            try await sink.fetched(
                FetchCompleted(mode: mode, commit: SHA1Hash(commit), objects: UInt64(pack.objectCount), resumed: true))
            return pack
        }
        let before = server.traffic
        let pack: Pack
        do {
            pack = try spool.receive(
                name, bases: bases, observer: observer,
                progress: { [sink] spool in
                    let total = spool.declaredObjects
                    sink.expect(about: UInt64(total) * Self.typicalObjectByteCount)
                    sink.reading(
                        ReadingProgress(
                            .objects, done: UInt64(spool.receivedObjects), of: total > 0 ? UInt64(total) : nil,
                            bytes: spool.receivedBytes))
                }
            ) { try server.fetch(request, into: $0) }
        } catch let error as GitFormatError {
            throw FetchFault(error)
        }
        let used = server.traffic - before
        try await sink.fetched(
            FetchCompleted(
                mode: mode, commit: SHA1Hash(commit), requests: used.requests, bytesReceived: used.bytesReceived,
                bytesSent: used.bytesSent, objects: UInt64(pack.objectCount)))
        return pack
    }

    // MARK: - Checking

    private struct Listed {
        var commit: Commit
        var trees: TreeSource
        var extents: [ObjectID: TreeExtent]
        var needed: [ObjectID: [UInt8]]
        var blobCount: Int
    }

    /// Every content that the commit names and the sink does not have, with a path of it.
    private func list(_ packs: [Pack], known: KnownTrees?) async throws -> Listed {
        guard let holder = packs.first(where: { $0.contains(commit) }) else {
            throw FetchFault(.incomplete, "the server did not send the commit \(commit)")
        }
        let object = try PackReader(holder).read(commit, maxBytes: Self.maximumCommitByteCount)
        guard object.kind == .commit else {
            throw ProviderError.permanent(.malformed, "\(commit) is a \(object.kind), not a commit")
        }
        let parsed = try Commit(parsing: object.content)
        let trees = try TreeSource(packs: packs, known: known)
        var needed: [ObjectID: [UInt8]] = [:]
        var seen: Set<ObjectID> = []
        // What a directory holds that is as it was is there since then.
        var walk = try TreeWalk(
            root: parsed.tree, source: trees, filter: filter, limits: source.limits,
            enters: { _, tree in known.map { !$0.contains(tree) } ?? true })
        while let item = try walk.next() {
            guard case .blob(let path, let mode, let id) = item, seen.insert(id).inserted else { continue }
            if staysLeftOut(path, mode, id) != nil { continue }
            if try await sink.needs(SHA1Hash(id)) { needed[id] = path }
        }
        return Listed(
            commit: parsed, trees: trees, extents: walk.extents, needed: needed, blobCount: seen.count)
    }

    /// Everything that is needed must be at hand before anything is handed over.
    private func check(_ packs: [Pack], known: KnownTrees?) async throws -> Fetched {
        let listed: Listed
        do {
            listed = try await list(packs, known: known)
        } catch let error as ProviderError where error.code == .incomplete {
            throw FetchFault(error)
        } catch let error as GitFormatError {
            throw FetchFault(error)
        }
        for (id, path) in listed.needed where !packs.contains(where: { $0.contains(id) }) {
            throw FetchFault(
                .incomplete,
                "the server did not send \(id), which is \(String(decoding: path, as: UTF8.self))")
        }
        return Fetched(
            commit: listed.commit, packs: packs, trees: listed.trees, extents: listed.extents, needed: listed.needed,
            base: known)
    }

    // MARK: - Handing over

    private func handOver(_ fetched: Fetched) async throws -> Observation {
        var sizes: [ObjectID: UInt64] = [:]
        var refused: Set<ObjectID> = []
        var bytes: UInt64 = 0
        let total = UInt64(fetched.needed.count)
        func record(_ object: PackedObject, _ outcome: StoreOutcome) throws {
            sizes[object.id] = object.sizeBytes
            bytes += object.sizeBytes
            sink.reading(ReadingProgress(.contents, done: UInt64(sizes.count), of: total, bytes: bytes))
            switch outcome {
            case .stored, .present: break
            case .refused: refused.insert(object.id)
            case .mismatched:
                throw ProviderError.transient(.hashMismatch, "\(object.id) is not what its hash says")
            }
        }
        for pack in fetched.packs {
            var isLeft = [Bool](repeating: false, count: pack.objectCount)
            for index in isLeft.indices {
                let object = pack[index]
                guard object.kind == .blob, sizes[object.id] == nil, let path = fetched.needed[object.id] else {
                    continue
                }
                let hash = SHA1Hash(object.id)
                if isTooLarge(object.sizeBytes) {
                    sizes[object.id] = object.sizeBytes
                } else if sink.isPrepared(hash) {
                    let content = ContentDescription(hash: hash, size: object.sizeBytes, path: path)
                    try record(object, try await sink.store(content) { _ in })
                } else {
                    isLeft[index] = true
                }
            }
            guard isLeft.contains(true) else { continue }
            // The sink computes the hash of what it stores, and says where that is another one.
            var index = 0
            let cursor = try ObjectCursor(pack, checksHashes: false) { _ in
                defer { index += 1 }
                return isLeft[index]
            }
            while let object = try cursor.next() {
                guard let path = fetched.needed[object.id], sizes[object.id] == nil else { continue }
                let content = ContentDescription(hash: SHA1Hash(object.id), size: object.sizeBytes, path: path)
                let outcome = try await sink.store(content) { write in
                    while try cursor.nextPiece({ try write($0) }) != nil {}
                }
                try record(object, outcome)
            }
        }
        try await handOverItems(fetched) { observed($0, sizes, refused) }
        return Observation(
            commit: SHA1Hash(commit), tree: SHA1Hash(fetched.commit.tree), author: fetched.commit.author,
            committer: fetched.commit.committer)
    }

    /// Hands over the items; where everything else is known to be as it was, those of directories that changed.
    private func handOverItems(_ fetched: Fetched, _ observed: (TreeWalk.Item) -> ObservedItem) async throws {
        let root = fetched.commit.tree
        let base = known.isExact ? fetched.base?.index : nil
        let survey = DirectorySurvey(base: base, extents: fetched.extents)
        if base != nil {
            try survey.walk(root, fetched.trees, filter, source.limits)
            try await sink.unchanged(below: survey.unchanged)
        }
        var isWhole = true
        var count: UInt64 = 0
        // Without a base every item comes; with one the directories that changed do, and nobody has counted those.
        let total = base == nil ? fetched.extents[root].map { UInt64($0.items) } : nil
        if survey.unchanged != [[]] {
            let isNew = base == nil
            if isNew { _ = survey.enter([], root) }
            var walk = try TreeWalk(
                root: root, source: fetched.trees, filter: filter, limits: source.limits, wasWalked: true,
                enters: { path, tree in isNew ? survey.enter(path, tree) : base?.tree(at: path) != tree })
            while let item = try walk.next() {
                let item = observed(item)
                if case .skipped = item.content { isWhole = false }
                try await sink.item(item)
                count += 1
                sink.reading(ReadingProgress(.items, done: count, of: total))
            }
        }
        if let directory = source.cacheDirectory, isWhole, filter.acceptsEverything, let index = survey.index {
            index.save(in: directory)
        }
    }

    private func observed(
        _ item: TreeWalk.Item, _ sizes: [ObjectID: UInt64], _ refused: Set<ObjectID>
    ) -> ObservedItem {
        switch item {
        case .submodule(let path, let id): return ObservedItem(path: path, content: .submodule(hash: SHA1Hash(id)))
        case .skipped(let path, let mode, let id, let reason):
            return ObservedItem(
                path: path, content: .skipped(mode: mode.rawValue, hash: SHA1Hash(id), size: 0, reason: reason))
        case .blob(let path, let mode, let id):
            if let content = staysLeftOut(path, mode, id) { return ObservedItem(path: path, content: content) }
            let size = sizes[id]
            func skipped(_ reason: SkipReason) -> ObservedItem {
                ObservedItem(
                    path: path,
                    content: .skipped(mode: mode.rawValue, hash: SHA1Hash(id), size: size ?? 0, reason: reason))
            }
            if let size, isTooLarge(size) { return skipped(.tooLarge) }
            if refused.contains(id) { return skipped(.hashCollision) }
            return ObservedItem(path: path, content: .blob(mode: mode.rawValue, hash: SHA1Hash(id), size: size))
        }
    }

    private func isTooLarge(_ size: UInt64) -> Bool {
        guard let limit = source.limits.maximumBlobByteCount else { return false }
        return size > limit
    }

    /// What the last sync left out here and would leave out again, so that it is not fetched in order to be skipped.
    private func staysLeftOut(_ path: [UInt8], _ mode: FileMode, _ id: ObjectID) -> ObservedItem.Content? {
        guard let content = knownTrees?.leftOut[path],
            case .skipped(mode.rawValue, SHA1Hash(id), let size, let reason) = content
        else { return nil }
        switch reason {
        case .tooLarge where isTooLarge(size), .hashCollision: return content
        default: return nil
        }
    }
}

/// Something is wrong with one way of fetching; another one may do.
struct FetchFault: Error {
    let error: ProviderError

    init(_ error: ProviderError) { self.error = error }

    init(_ code: ProviderError.Code, _ message: String) { error = .transient(code, message) }

    init(_ error: GitFormatError) {
        switch error.code {
        case .fileSystem: self.error = .transient(.localFailure, "\(error): make room for the spool, or move it")
        case .limitExceeded: self.error = .permanent(.limitExceeded, "\(error)")
        case .truncatedPack: self.error = .transient(.cut, "\(error)")
        case .missingBase, .missingObject: self.error = .transient(.incomplete, "\(error)")
        case .hashMismatch: self.error = .transient(.hashMismatch, "\(error)")
        default: self.error = .transient(.malformed, "the server's answer is malformed: \(error)")
        }
    }
}
