import GitProtocol
import ProviderKit

/// What `GET /repos/…/compare/{base}...{head}` tells.
struct Comparison {
    private(set) var changes = ChangeList()

    static let selection: JSONSelection = [
        "status": .everything,
        "files": [
            "sha": .everything, "filename": .everything, "status": .everything, "previous_filename": .everything,
        ],
    ]

    /// - Throws: ``LadderStep`` where the comparison does not tell all.
    init(_ json: JSON, maximumFileCount: Int) throws {
        switch json["status"]?.string {
        case "ahead", "identical": break
        case "behind", "diverged":
            // Then it is against the last common commit, not against the base.
            throw LadderStep(.incomplete, "the new commit does not follow from the last one")
        default: throw LadderStep(.malformed, "the comparison does not say how the commits relate")
        }
        guard let files = json["files"]?.array else { throw LadderStep(.malformed, "the comparison lists no files") }
        guard files.count < maximumFileCount else {
            throw LadderStep(
                .limitExceeded, "the comparison lists \(files.count) files, which is where GitHub cuts it")
        }
        for file in files {
            guard let path = file["filename"]?.string.map({ Array($0.utf8) }),
                let id = file["sha"]?.string.flatMap({ ObjectID(hex: $0) })
                    ?? (file["sha"]?.isNull ?? true ? .zero : nil)
            else { throw LadderStep(.malformed, "the comparison has a file without a name or an id") }
            let previous = file["previous_filename"]?.string.map { Array($0.utf8) }
            switch file["status"]?.string {
            case "added", "modified", "changed": changes.put(path, id)
            case "copied": changes.put(path, id, from: previous)
            case "renamed":
                if let previous { changes.remove(previous) }
                changes.put(path, id, from: previous)
            case "removed": changes.remove(path)
            case "unchanged": break
            default: throw LadderStep(.unsupported, "the comparison has a kind of change that is not known here")
            }
        }
    }
}
