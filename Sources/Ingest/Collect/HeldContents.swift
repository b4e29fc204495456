import Events
import Projections
import State

/// Contents that no path names themselves, and that are wanted all the same: what pointers stand for (Git LFS).
///
/// In memory: one entry a large file that is wanted.
struct HeldContents {
    private var keys: Set<Pins.Key> = []

    init(_ view: borrowing StateView) throws {
        var pointers: [LargeFileRow] = []
        try view.forEachLargeFile { row in
            pointers.append(row)
            return true
        }
        for row in pointers where try (view.blob(row.pointer, in: row.domain)?.references ?? 0) > 0 {
            keys.insert(Pins.Key(domain: row.domain, hash: row.hash))
        }
    }

    func contains(_ hash: SHA1Hash, in domain: Domain) -> Bool {
        !keys.isEmpty && keys.contains(Pins.Key(domain: domain, hash: hash))
    }
}
