import GitProtocol

/// Finds the entries of a tree as Git has them from how the REST API tells them.
///
/// The API tells names as text: a byte that is no UTF-8 comes as U+FFFD. It also writes each directory's mode with a leading
/// zero, which some old tools did in the tree itself. Whatever is tried, the tree's own id proves the right one.
enum NameRecovery {
    /// Most bytes that are hashed to find one tree's names, which takes some tenths of a second: two lost bytes in a
    /// directory of 80 entries.
    static let maximumHashedByteCount = 64 << 20

    /// The entries whose tree has this id; nil where none are found.
    static func entries(_ told: [TreeEntry], of tree: ObjectID) -> [TreeEntry]? {
        var hasher = ObjectHasher()
        if Tree.hash(told, with: &hasher) == tree { return told }
        let padded = told.map { entry in
            entry.mode.isDirectory
                ? TreeEntry(mode: entry.mode, name: entry.name, id: entry.id, isModePadded: true) : entry
        }
        if Tree.hash(padded, with: &hasher) == tree { return padded }
        return replaced(told, of: tree, &hasher)
    }

    /// Tries every byte from 0x80 on in the place of each U+FFFD, and the character itself.
    private static func replaced(
        _ told: [TreeEntry], of tree: ObjectID, _ hasher: inout ObjectHasher
    ) -> [TreeEntry]? {
        let holes = told.indices.flatMap { entry in places(told[entry].name).map { (entry: entry, place: $0) } }
        let candidates: [[UInt8]?] = frequent.map { [$0] } + rare.map { [$0] } + [nil]
        let byteCount = told.reduce(0) { $0 + $1.name.count + 29 }
        var tries = 1
        for _ in holes {
            tries =
                tries.multipliedReportingOverflow(by: candidates.count).overflow ? Int.max : tries * candidates.count
        }
        guard !holes.isEmpty, tries <= maximumHashedByteCount / max(1, byteCount) else { return nil }
        var choice = [Int](repeating: 0, count: holes.count)
        while true {
            var entries = told
            // From the last hole on, so that the places before it stay where they are.
            for index in holes.indices.reversed() {
                guard let bytes = candidates[choice[index]] else { continue }
                let (entry, place) = holes[index]
                var name = entries[entry].name
                name.replaceSubrange(place..<place + replacement.count, with: bytes)
                entries[entry] = TreeEntry(mode: entries[entry].mode, name: name, id: entries[entry].id)
            }
            if Tree.hash(entries, with: &hasher) == tree { return entries }
            var index = 0
            while index < choice.count {
                choice[index] += 1
                if choice[index] < candidates.count { break }
                choice[index] = 0
                index += 1
            }
            if index == choice.count { return nil }
        }
    }

    /// U+FFFD in UTF-8.
    private static let replacement: [UInt8] = [0xef, 0xbf, 0xbd]
    /// Letters of Latin-1.
    private static let frequent: [UInt8] = Array(0xc0...0xff)
    private static let rare: [UInt8] = Array(0x80...0xbf)

    private static func places(_ name: [UInt8]) -> [Int] {
        var places: [Int] = []
        var index = 0
        while index + replacement.count <= name.count {
            if name[index] == replacement[0], name[index..<index + replacement.count].elementsEqual(replacement) {
                places.append(index)
                index += replacement.count
            } else {
                index += 1
            }
        }
        return places
    }
}
