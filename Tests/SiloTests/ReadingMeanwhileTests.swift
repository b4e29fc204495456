import Events
import Synchronization
import Testing

@testable import Silo

/// Shards are rewritten and deleted under readers' hands.
@Suite struct ReadingMeanwhileTests {
    /// Four readers read blobs and ranges of them in any order while shards are rewritten, deleted, written and sealed, again and
    /// again. Each read gives what was put.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func readsGoOnWhileShardsAreRewritten(seed: UInt64) async throws {
        let directory = TemporaryDirectory()
        let silo = try directory.open { $0.shardByteCount = 60_000 }
        var random = SplitMix(seed)
        let contents = (0..<150).map { Array("\($0) ".utf8) + random.content(random.below(3000)) } + [SplitMix.large]
        for content in contents { _ = try silo.store(content) }
        _ = try silo.seal(.public)
        let course = Course()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    var random = SplitMix(seed &+ UInt64(number) &+ 1)
                    while !course.isOver.load(ordering: .relaxed) && !Task.isCancelled {
                        try read(contents[random.below(contents.count)], from: silo, &random, seed)
                        course.readCount.add(1, ordering: .relaxed)
                        await Task.yield()
                    }
                }
            }
            for round in 0..<8 {
                let before = course.readCount.load(ordering: .relaxed)
                for number in 0..<20 { _ = try silo.store(Array("\(round) \(number)".utf8)) }
                _ = try silo.seal(.public)
                let sealed = try silo.shards().filter(\.isSealed).map(\.id)
                let rewrite = try silo.rewrite(sealed, in: .public, effort: round % 2 == 0 ? .light : .hard)
                #expect(rewrite.replaced == sealed && rewrite.damaged.isEmpty, "seed \(seed)")
                try silo.delete(rewrite.replaced)
                // Somebody has read in between.
                while course.readCount.load(ordering: .relaxed) < before + 8 { await Task.yield() }
            }
            course.isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
        #expect(try silo.verify().findings.isEmpty)
    }
}

/// How far the readers have come, and whether they are to end.
private final class Course: Sendable {
    let isOver = Atomic(false)
    let readCount = Atomic(0)
}

private func read(_ content: [UInt8], from silo: Silo, _ random: inout SplitMix, _ seed: UInt64) throws {
    guard random.below(2) == 0 else {
        let isSame = try silo.read(gitHash(content), in: .public) == content
        #expect(isSame, "seed \(seed)")
        return
    }
    let start = random.below(content.count)
    let range = start..<start + random.below(content.count - start + 1)
    var bytes: [UInt8] = []
    try silo.read(gitHash(content), in: .public, range: range) { bytes.append(contentsOf: $0) }
    let isSame = bytes == Array(content[range])
    #expect(isSame, "seed \(seed)")
}
