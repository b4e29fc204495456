import Events
import Testing

@testable import Git

private func modes(
    checkpoint: Bool = false, complete: Bool = true, empty: Bool = false, distrusted: Bool = false,
    patterns: Bool = false, filters: Bool = true
) -> [FetchMode] {
    FetchPlan(
        known: .init(hasCheckpoint: checkpoint, isComplete: complete, isEmpty: empty, isDistrusted: distrusted),
        hasPatterns: patterns, serverFilters: filters
    ).modes
}

@Test("each way of fetching is chosen by what is known")
func plan() {
    #expect(modes(empty: true) == [.plain])
    #expect(modes(checkpoint: true) == [.incremental, .partial, .plain])
    #expect(modes(checkpoint: true, filters: false) == [.incremental, .plain])
    #expect(modes(checkpoint: true, complete: false) == [.partial, .plain])
    #expect(modes(checkpoint: true, patterns: true) == [.partial, .plain])
    #expect(modes(empty: true, patterns: true) == [.partial, .plain])
    #expect(modes() == [.partial, .plain])
    #expect(modes(filters: false) == [.plain])
    #expect(modes(checkpoint: true, distrusted: true) == [.plain])
}
