import EventGenerator
import Events
import Projections
import Testing

@Suite("the order of announced pushes")
struct PushChainTests {
    private typealias Stretch = PushChain.Stretch

    /// A commit by a number of its own; 0 stands for none.
    private static func commit(_ number: Int) -> SHA1Hash? {
        guard number != 0 else { return nil }
        var generator = SeededGenerator(seed: UInt64(number))
        return SHA1Hash((0..<SHA1Hash.byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    private static func stretch(_ start: Int, _ end: Int) -> Stretch { Stretch(start: commit(start), end: commit(end)) }

    private static func chain(_ pushes: [(Int, Int)]) -> (chain: PushChain, orders: [PushOrder]) {
        var chain = PushChain(before: commit(pushes[0].0), after: commit(pushes[0].1))
        let orders = pushes.dropFirst().map { chain.take(before: commit($0.0), after: commit($0.1)) }
        return (chain, orders)
    }

    @Test("a push that comes late closes its own hole, from either end, and the ref stays where it is")
    func late() {
        let (chain, orders) = Self.chain([(1, 2), (4, 5), (3, 4), (2, 3), (5, 1), (9, 4)])
        #expect(orders == [.breaks, .late, .late, .follows, .breaks])
        #expect(chain.holes == [Self.stretch(1, 9)], "a forced push goes on from where the ref was")
    }

    @Test("several holes at once are told apart")
    func several() {
        var (chain, orders) = Self.chain([(1, 2), (3, 4), (5, 6), (7, 8)])
        #expect(orders == [.breaks, .breaks, .breaks])
        #expect(chain.take(before: Self.commit(4), after: Self.commit(5)) == .late)
        #expect(chain.holes == [Self.stretch(2, 3), Self.stretch(6, 7)])
        #expect(chain.commit == Self.commit(8))
    }

    @Test("a push that is told twice, by two hooks, is known again; there and back again is no repetition")
    func repeated() {
        let (chain, orders) = Self.chain([(1, 2), (1, 2), (2, 3), (1, 2), (3, 2), (2, 3)])
        #expect(orders == [.repeated, .follows, .repeated, .follows, .follows])
        #expect(chain.holes.isEmpty && chain.commit == Self.commit(3))
    }

    @Test("a ref that is deleted and made again goes on; what was missed in between is a hole until it comes")
    func deletion() {
        let (whole, orders) = Self.chain([(0, 1), (1, 0), (0, 2), (2, 3), (3, 0), (0, 4)])
        #expect(orders == Array(repeating: .follows, count: 5))
        #expect(whole.commit == Self.commit(4) && whole.holes.isEmpty)
        var (chain, missing) = Self.chain([(0, 1), (0, 2), (5, 0)])
        #expect(missing == [.breaks, .breaks])
        #expect(chain.commit == nil && chain.holes == [Self.stretch(1, 0), Self.stretch(2, 5)])
        #expect(chain.take(before: Self.commit(1), after: nil) == .late)
        #expect(chain.holes == [Self.stretch(2, 5)])
        #expect(chain.take(before: Self.commit(2), after: Self.commit(5)) == .late)
    }

    @Test(
        "pushes in any order, repeated and lost, leave the holes of what is missing",
        arguments: 1...200 as ClosedRange<UInt64>)
    func anyOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...30, using: &random)
        // Push n goes from commit n to n + 1.
        let lossRate = seed % 3 == 0 ? 0 : 0.3
        var arrivals = (1...count).filter { _ in Double.random(in: 0..<1, using: &random) >= lossRate }
        if arrivals.isEmpty { arrivals = [count] }
        arrivals += arrivals.filter { _ in Double.random(in: 0..<1, using: &random) < 0.3 }
        arrivals.shuffle(using: &random)
        var arrived: Set<Int> = []
        var chain: PushChain?
        for push in arrivals {
            let wasKnown = arrived.contains(push)
            let (before, after) = (Self.commit(push), Self.commit(push + 1))
            if var known = chain {
                let order = known.take(before: before, after: after)
                #expect((order == .repeated) == wasKnown, "seed \(seed): push \(push)")
                arrived.insert(push)
                let isWhole = Self.runs(arrived).count == 1
                if isWhole { #expect(order != .breaks, "seed \(seed): nothing was missing at push \(push)") }
                chain = known
            } else {
                chain = PushChain(before: before, after: after)
                arrived.insert(push)
            }
            guard let chain else { continue }
            let runs = Self.runs(arrived)
            guard runs.count <= PushChain.maximumStretchCount else { return }
            #expect(chain.stretches.count == runs.count, "seed \(seed)")
            for run in runs { #expect(chain.stretches.contains(Self.stretch(run.0, run.1)), "seed \(seed)") }
            if runs.count == 1 { #expect(chain.commit == Self.commit(runs[0].1), "seed \(seed)") }
        }
    }

    /// Where pushes follow from one another without a break: the first commit and the last.
    private static func runs(_ pushes: Set<Int>) -> [(Int, Int)] {
        var runs: [(Int, Int)] = []
        for push in pushes.sorted() {
            if let last = runs.last, last.1 == push {
                runs[runs.count - 1].1 = push + 1
            } else {
                runs.append((push, push + 1))
            }
        }
        return runs
    }

    @Test(
        "however many pushes come, each a little out of order, no hole stays and the row stays small",
        arguments: 1...5 as ClosedRange<UInt64>)
    func longChain(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let keys = (1...1000).map { (push: $0, place: $0 + Int.random(in: 0..<12, using: &random)) }
        let pushes = keys.sorted { ($0.place, $0.push) < ($1.place, $1.push) }.map(\.push)
        var row = RefRow(
            ref: [1], chain: PushChain(before: Self.commit(pushes[0]), after: Self.commit(pushes[0] + 1)),
            position: LogPosition(0), at: Timestamp(seconds: 0))
        var arrived: Set<Int> = [pushes[0]]
        for push in pushes.dropFirst() {
            let told = AnnouncedRef(name: [1], before: Self.commit(push), after: Self.commit(push + 1))
            arrived.insert(push)
            if row.order(of: told) == .breaks { #expect(Self.runs(arrived).count > 1, "seed \(seed): push \(push)") }
            row.announce(told, position: LogPosition(UInt64(push)), at: Timestamp(seconds: 1))
            #expect(row.encode().count < 1200)
        }
        #expect(row.chain.holes.isEmpty && row.commit == Self.commit(1001), "seed \(seed)")
        #expect(try RefRow(decoding: row.encode().span.bytes) == row)
    }

    @Test("over the limit the oldest hole is forgotten: its push opens one that is none, and no break is passed over")
    func limit() {
        // Every second push is lost.
        let pushes = (0...PushChain.maximumStretchCount).map { (2 * $0 + 1, 2 * $0 + 2) }
        var (chain, orders) = Self.chain(pushes)
        #expect(orders.allSatisfy { $0 == .breaks })
        #expect(chain.stretches.count == PushChain.maximumStretchCount)
        #expect(chain.holes.first == Self.stretch(4, 5))
        #expect(chain.take(before: Self.commit(4), after: Self.commit(5)) == .late)
        #expect(chain.take(before: Self.commit(2), after: Self.commit(3)) == .breaks)
    }
}
