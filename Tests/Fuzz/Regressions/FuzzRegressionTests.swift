import FuzzTargets
import Testing

/// Each target over its seeds, what once broke it, and some thousand changes of both. `tools/soak fuzz` goes on from here, with
/// a fuzzer that sees which branches an input takes.
@Suite struct FuzzRegressionTests {
    private static let runs = 2000

    @Test("a parser of strangers' bytes keeps its rules", arguments: FuzzTarget.engine.map(\.name))
    func keepsItsRules(name: String) throws {
        let target = try #require(FuzzTarget.engine.first { $0.name == name })
        let seeds = try target.seeds()
        #expect(seeds.contains { target.takes($0) }, "no seed of \(name) is taken")
        for input in Regressions.inputs[name] ?? [] { target.takes(input) }
        let seed = UInt64.random(in: 0 ... .max)
        // A rule that breaks ends the process: the seed has to be seen before that.
        print("fuzz \(name), seed \(seed)")
        var mutations = Mutations(seed: seed)
        let inputs = seeds + (Regressions.inputs[name] ?? [])
        for _ in 0..<(name == "store" ? Self.runs / 10 : Self.runs) {
            target.takes(mutations.next(of: inputs, maximumByteCount: target.maximumByteCount))
        }
    }
}
