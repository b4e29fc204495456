package import Events
package import GitProtocol
import ProviderKit

/// Where trees are read from: the packs that came, and the trees that are known from before.
final class TreeSource {
    private let packs: [(pack: Pack, reader: PackReader)]
    private let listed: [ObjectID: [TreeEntry]]
    private let known: KnownTrees?

    /// Limit of one tree object in bytes; a directory of a million files takes about 40 MB.
    static let maximumTreeByteCount = 128 << 20

    init(packs: [Pack], known: KnownTrees?) throws {
        self.packs = try packs.map { ($0, try PackReader($0)) }
        listed = [:]
        self.known = known
    }

    /// Trees that came otherwise than in packs.
    init(listed: [ObjectID: [TreeEntry]], known: KnownTrees?) {
        packs = []
        self.listed = listed
        self.known = known
    }

    /// The entries of a tree; nil where it is not at hand.
    ///
    /// - Throws: `GitFormatError` for a malformed or a damaged one.
    func entries(of tree: ObjectID) throws -> [TreeEntry]? {
        if tree == Self.emptyTree { return [] }
        for (pack, reader) in packs where pack.contains(tree) {
            let object = try reader.read(tree, maxBytes: Self.maximumTreeByteCount)
            guard object.kind == .tree else {
                throw ProviderError.permanent(.malformed, "\(tree) is named as a tree and is a \(object.kind)")
            }
            return try Tree.parse(object.content)
        }
        return try listed[tree] ?? known?.entries(of: tree)
    }

    /// What a tree expands to, where that is known without opening it.
    func extent(of tree: ObjectID) -> TreeExtent? { known?.index.entry(of: tree)?.extent }

    /// The tree without entries, which servers need not send.
    static let emptyTree = ObjectID(hex: "4b825dc642cb6eb9a060e54bf8d69288fbee4904") ?? .zero
}

/// What the state and the store offer as bases for a thin pack.
struct KnownBases: BaseProvider {
    let content: any KnownContent
    let trees: KnownTrees
    let maximumByteCount: Int

    func base(_ id: ObjectID) throws -> RawObject? {
        if let tree = try trees.serialized(id) { return RawObject(kind: .tree, content: tree) }
        return try content.content(of: SHA1Hash(id), atMost: maximumByteCount).map {
            RawObject(kind: .blob, content: $0)
        }
    }
}

extension SHA1Hash {
    package init(_ id: ObjectID) { self = id.withUnsafeBytes { SHA1Hash($0) } }
}

extension ObjectID {
    package init(_ hash: SHA1Hash) { self = hash.withUnsafeBytes { ObjectID(bytes: $0) } ?? .zero }
}
