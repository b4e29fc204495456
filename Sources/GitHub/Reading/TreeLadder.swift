import Git
import GitProtocol
import ProviderKit

/// Gets the directories of a commit over REST: all at once, or directory by directory where that is cut.
struct TreeLadder {
    let repository: String
    let client: RESTClient
    let access: Access
    let filter: PathFilter
    let limits: SourceLimits
    let last: LastTrees?
    var told = ToldTrees()
    /// Directories that REST cannot tell: their names are no text, or they are too large.
    private(set) var unlisted: Set<ObjectID> = []
    private(set) var skippedPaths: [(path: [UInt8], id: ObjectID)] = []
    private var wasCut: Set<ObjectID> = []

    init(
        repository: String, client: RESTClient, access: Access, filter: PathFilter, limits: SourceLimits,
        last: LastTrees?
    ) {
        self.repository = repository
        self.client = client
        self.access = access
        self.filter = filter
        self.limits = limits
        self.last = last
    }

    /// Asks for everything in one answer.
    ///
    /// - Throws: ``LadderStep`` where it was cut, or cannot be told as text.
    mutating func loadAtOnce(_ root: ObjectID) async throws {
        guard root != .emptyTree else { return }
        let isCut = try await ask(root, recursively: true)
        guard !isCut else {
            wasCut.insert(root)
            throw LadderStep(.limitExceeded, "the recursive tree is over GitHub's limits or those here: it was cut")
        }
        guard try isWhole(root) else {
            throw LadderStep(.malformed, "the recursive tree has directories whose id is not that of their entries")
        }
    }

    /// Asks directory by directory, each with what is below it as long as that is not cut.
    ///
    /// - Throws: ``ProviderError`` (unsupported) where not even the top can be told.
    mutating func loadBySubtrees(_ root: ObjectID) async throws {
        var stack: [(path: [UInt8], id: ObjectID)] = [([], root)]
        // Where patterns leave nothing out, one look at a tree is enough wherever it stands.
        var seen: Set<ObjectID> = []
        var visited = 0
        while let (path, id) = stack.popLast() {
            if filter.acceptsEverything, !seen.insert(id).inserted, !unlisted.contains(id) { continue }
            visited += 1
            guard visited <= limits.maximumItemCount else {
                throw ProviderError.permanent(
                    .limitExceeded, "there are too many directories: exclude some with patterns")
            }
            // What the last sync knew need not be asked for.
            let known = try last?.entries(of: id)
            if known == nil { try await load(id) }
            guard let entries = known ?? told.trees[id] ?? (id == .emptyTree ? [] : nil) else {
                guard !path.isEmpty else {
                    throw ProviderError.permanent(
                        .unsupported,
                        "REST cannot tell the top directory: its names are no text, or it is too large; Git can")
                }
                skippedPaths.append((path, id))
                continue
            }
            for entry in entries.reversed() where entry.mode.isDirectory && entry.unsafeName == nil {
                let child = path + entry.name
                guard filter.couldMatchBelow(child) else { continue }
                stack.append((child + [UInt8(ascii: "/")], entry.id))
            }
        }
        skippedPaths.sort { $0.path.lexicographicallyPrecedes($1.path) }
    }

    private mutating func load(_ id: ObjectID) async throws {
        guard told.trees[id] == nil, id != .emptyTree, !unlisted.contains(id) else { return }
        if !wasCut.contains(id) {
            if try await ask(id, recursively: true) { wasCut.insert(id) }
        }
        guard told.trees[id] == nil else { return }
        _ = try await ask(id, recursively: false)
        if told.trees[id] == nil { unlisted.insert(id) }
    }

    /// - Returns: whether the answer was cut.
    private mutating func ask(_ id: ObjectID, recursively: Bool) async throws -> Bool {
        let request = RESTRequest("\(repository)/git/trees/\(id)\(recursively ? "?recursive=1" : "")")
        do {
            let answer = try await client.send(request, as: access)
            guard answer.isSuccess else { throw answer.failure("tree \(id)") }
            return try told.take(try answer.json(ToldTrees.selection), of: id)
        } catch let error as ProviderError where error.code == .limitExceeded {
            // An answer over the limits here is as good as one that GitHub cut.
            return true
        }
    }

    /// Whether every directory that patterns let in is at hand.
    private func isWhole(_ root: ObjectID) throws -> Bool {
        var stack: [(path: [UInt8], id: ObjectID)] = [([], root)]
        var seen: Set<ObjectID> = []
        while let (path, id) = stack.popLast() {
            if filter.acceptsEverything, !seen.insert(id).inserted { continue }
            if id == .emptyTree { continue }
            guard let entries = try told.trees[id] ?? last?.entries(of: id) else { return false }
            for entry in entries where entry.mode.isDirectory && entry.unsafeName == nil {
                let child = path + entry.name
                if filter.couldMatchBelow(child) { stack.append((child + [UInt8(ascii: "/")], entry.id)) }
            }
        }
        return true
    }
}
