import Events
import Projections
import ProviderKit
import TestSupport
import Testing

@testable import Ingest

private func content(_ number: Int) -> ItemChange.Content {
    .upserted(mode: GitMode.file, hash: SHA1Hash(Array(repeating: UInt8(number), count: 20)) ?? .zero, size: 1)
}

@Test("applying the changes to what was there gives what is there", arguments: 0..<50)
func differAgainstOracle(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let paths = (0..<40).map { Array("p\($0 % 7)/\($0)".utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    var before: [[UInt8]: ItemChange.Content] = [:]
    var after: [[UInt8]: ItemChange.Content] = [:]
    for path in paths {
        if Bool.random(using: &random) { before[path] = Bool.random(using: &random) ? content(1) : .removed }
        if Bool.random(using: &random) { after[path] = content(Int.random(in: 1...2, using: &random)) }
    }
    let previous = before.keys.sorted { $0.lexicographicallyPrecedes($1) }.enumerated().map { index, path in
        FileVersion(
            path: path, version: ItemVersion(position: LogPosition(7), index: UInt32(index)), tenant: TenantID(1),
            content: before[path] ?? .removed, replaces: nil)
    }
    var differ = ItemDiffer(previous: previous)
    var changes: [ItemChange] = []
    for path in after.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        try differ.observe(.init(path: path, content: try #require(after[path]))) { changes.append($0) }
    }
    differ.finish { changes.append($0) }

    var folded = before.filter { $0.value != .removed }
    for change in changes {
        let known = previous.first { $0.path == change.path }
        #expect(change.replaces == known?.version, "seed \(seed): a change names the version that it replaces")
        #expect(change.content != known?.content, "seed \(seed): a change changes something")
        folded[change.path] = change.content == .removed ? nil : change.content
    }
    #expect(folded == after, "seed \(seed)")
    #expect(changes.map(\.path) == changes.map(\.path).sorted { $0.lexicographicallyPrecedes($1) }, "seed \(seed)")
}

@Test("a source that names a path twice is damaged")
func twice() throws {
    var differ = ItemDiffer(previous: [])
    try differ.observe(.init(path: [1], content: content(1))) { _ in }
    #expect(throws: ProviderError.self) { try differ.observe(.init(path: [1], content: content(1))) { _ in } }
    #expect(throws: ProviderError.self) { try differ.observe(.init(path: [0], content: content(1))) { _ in } }
}
