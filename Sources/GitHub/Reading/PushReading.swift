import Events
import Git
import GitProtocol
import ProviderKit

/// Reads the files that a push names, each with its content in one request, where a comparison takes one request before
/// them.
struct PushReading {
    let repository: String
    let client: RESTClient
    let access: Access
    let commit: ObjectID
    let source: Source
    let filter: PathFilter
    /// Contents that came, and were not asked for yet.
    private var bodies: [ObjectID: AnswerBody] = [:]

    init(
        repository: String, client: RESTClient, access: Access, commit: ObjectID, source: Source, filter: PathFilter
    ) {
        self.repository = repository
        self.client = client
        self.access = access
        self.commit = commit
        self.source = source
        self.filter = filter
    }

    /// Whether fewer requests are to be expected than of a comparison, which takes one and then one for each content that
    /// is new. A file that was added where another was removed may have its content.
    static func isCheaper(_ pushed: PushedChanges) -> Bool {
        guard case .files(let files) = pushed.content else { return true }
        return !(files.values.contains(.added) && files.values.contains(.removed))
    }

    /// The changes with the ids of the contents, computed from the contents.
    ///
    /// - Throws: ``LadderStep`` where the push does not tell how to get from `base` to the commit.
    mutating func changes(
        _ pushed: PushedChanges, since base: SHA1Hash, _ known: any KnownContent
    ) async throws -> ChangeList {
        guard pushed.after == SHA1Hash(commit) else {
            throw LadderStep(.incomplete, "the push ends at \(pushed.after.hex), and the branch is elsewhere by now")
        }
        guard pushed.before == base else {
            throw LadderStep(.incomplete, "the push begins at \(pushed.before.hex), the last sync was at \(base.hex)")
        }
        let files: [[UInt8]: PushedChanges.Change]
        switch pushed.content {
        case .files(let told): files = told
        case .untold(let reason): throw LadderStep(.limitExceeded, reason)
        }
        let sorted = files.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (path, change) in sorted { try check(path, change, known) }
        var changes = ChangeList()
        for (index, (path, change)) in sorted.enumerated() {
            if change == .removed { changes.remove(path) } else { changes.put(path, try await read(path, index)) }
        }
        return changes
    }

    /// The content, once.
    mutating func takeBody(of id: ObjectID) -> AnswerBody? { bodies.removeValue(forKey: id) }

    /// Whether a file can be read like this, before anything is asked.
    private func check(_ path: [UInt8], _ change: PushedChanges.Change, _ known: any KnownContent) throws {
        let name = String(decoding: path, as: UTF8.self)
        guard filter.matches(path) else { throw LadderStep(.unsupported, "patterns leave \(name) out") }
        guard !name.unicodeScalars.contains("\u{fffd}") else {
            throw LadderStep(.unsupported, "the push names a file whose name may be no text: \(name)")
        }
        guard change != .removed else { return }
        try known.forEachItem(from: path) { item in
            guard item.path == path else { return false }
            if case .blob(let mode, _, _) = item.content, !FileMode(rawValue: mode).isSymbolicLink { return false }
            throw LadderStep(
                .unsupported, "\(name) is no file, or was left out before: REST gives something else for it")
        }
    }

    private mutating func read(_ path: [UInt8], _ index: Int) async throws -> ObjectID {
        let name = String(decoding: path, as: UTF8.self)
        var request = RESTRequest("\(repository)/contents/\(name.percentEncodedPath)?ref=\(commit)", media: .raw)
        request.maximumByteCount = Int(
            clamping: min(
                source.limits.maximumBlobByteCount ?? .max, client.settings.maximumRESTBlobByteCount))
        request.spillPath = "\(source.spoolDirectory)/pushed-\(index).blob"
        let answer: RESTAnswer
        do {
            answer = try await client.send(request, as: access)
        } catch let error as ProviderError where error.code == .limitExceeded {
            throw LadderStep(.limitExceeded, "\(name) is too large to be read on the way")
        }
        if answer.isTooLarge { throw LadderStep(.limitExceeded, "\(name) is too large to be read on the way") }
        guard answer.isSuccess else { throw LadderStep(.notFound, answer.failure("file \(name)").message) }
        var hasher = ObjectHasher()
        hasher.begin(.blob, sizeBytes: answer.body.byteCount)
        try answer.body.forEachPiece { hasher.update($0) }
        let id = hasher.finish()
        bodies[id] = answer.body
        return id
    }
}
