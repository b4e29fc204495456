import EventLog
import Events
import Projections
import Synchronization

/// Routes the log into runs of sorted deltas, part by part, with as many threads as are lent.
final class LogRouter: Sendable {
    /// What came out. Where there is no run everything is in `deltas`; else all but the sums is in the runs.
    struct Routed {
        var runs: [SpillRun] = []
        var deltas = Deltas()
        var items: UInt64 = 0
        var keyUse = KeyUse()
        var granuleCount = 0
    }

    private let log: EventLog
    private let plan: GranulePlan
    private let marks: [UInt64]
    private let options: StateOptions
    private let directory: String
    /// Runs get names, so that who is interrupted need not route their parts again.
    private let isResumable: Bool
    private let progress: @Sendable (StateProgress) -> Void
    private let shared: Mutex<Shared>

    private struct Shared {
        /// Those that are left, the next one last.
        var waiting: [UInt32]
        var done = 0
        var routed = Routed()
        var failure: (any Error)?
    }

    /// - Parameter runs: those that an interrupted attempt has left.
    init(
        log: EventLog, plan: GranulePlan, marks: [UInt64], options: StateOptions, directory: String,
        runs: [SpillRun], progress: @escaping @Sendable (StateProgress) -> Void
    ) {
        self.log = log
        self.plan = plan
        self.marks = marks
        self.options = options
        self.directory = directory
        self.progress = progress
        isResumable = options.isResumable
        var shared = Shared(waiting: [])
        let known = Set(runs.flatMap(\.summary.granules))
        shared.waiting = (0..<UInt32(plan.count)).reversed().filter { !known.contains($0) }
        shared.done = known.count
        for run in runs { shared.routed.take(run) }
        self.shared = Mutex(shared)
    }

    /// Routes everything that is left.
    ///
    /// - Throws: `StateError`, `LogError`.
    func route() throws -> Routed {
        let isSmall = plan.count <= GranulePlan.inMemoryCount && !isResumable
        let width = isSmall ? 1 : options.parallel.width
        let bodies = (0..<width).map { _ in { @Sendable [self] in work(width: width, staysInMemory: isSmall) } }
        if width == 1 { bodies[0]() } else { options.parallel.run(bodies) }
        return try shared.withLock { shared in
            if let failure = shared.failure { throw failure }
            shared.routed.granuleCount = plan.count
            return shared.routed
        }
    }

    private func work(width: Int, staysInMemory: Bool) {
        do {
            try routeParts(budget: options.memoryBudgetBytes / 2 / width, staysInMemory: staysInMemory)
        } catch {
            shared.withLock { shared in
                shared.failure = shared.failure ?? error
                shared.waiting = []
            }
        }
    }

    private func routeParts(budget: Int, staysInMemory: Bool) throws {
        var folder = RowFolder()
        var deltas = Deltas()
        var granules: [UInt32] = []
        var items: UInt64 = 0
        let snapshot = try log.snapshot()
        while let granule = next() {
            try options.checkCancellation()
            deltas.sequence = granule
            items += try route(plan[granule], snapshot, &folder, &deltas)
            granules.append(granule)
            report()
            // A buffer that grows holds the old one too while it is copied, and sorting takes 16 bytes a delta of one table.
            if deltas.memoryByteCount > budget {
                try spill(&deltas, &granules, &items, &folder)
            }
        }
        let hasRuns = shared.withLock { !$0.routed.runs.isEmpty }
        if staysInMemory, !hasRuns {
            let (rest, count, keyUse) = (deltas, items, folder.keyUse)
            shared.withLock { shared in
                shared.routed.deltas = rest
                shared.routed.items += count
                shared.routed.keyUse.add(keyUse)
            }
        } else if !granules.isEmpty {
            try spill(&deltas, &granules, &items, &folder)
        }
    }

    private func next() -> UInt32? { shared.withLock { $0.waiting.popLast() } }

    private func route(
        _ range: Range<UInt64>, _ snapshot: borrowing LogSnapshot, _ folder: inout RowFolder, _ deltas: inout Deltas
    ) throws -> UInt64 {
        var items: UInt64 = 0
        var passed = marks.partitionPoint { $0 > range.lowerBound }
        deltas.interval = UInt16(passed)
        try snapshot.forEach(in: LogPosition(range.lowerBound)..<LogPosition(range.upperBound)) { position, record in
            while passed < marks.count, position.rawValue >= marks[passed] {
                passed += 1
                deltas.interval = UInt16(passed)
            }
            items += UInt64(try folder.route(record, at: position, keys: log.keys, into: &deltas))
        }
        return items
    }

    private func report() {
        let done = shared.withLock { shared in
            shared.done += 1
            return shared.done
        }
        progress(
            StateProgress(phase: .events, done: plan.events(inFirst: done), total: plan.events(inFirst: plan.count)))
    }

    private func spill(
        _ deltas: inout Deltas, _ granules: inout [UInt32], _ items: inout UInt64, _ folder: inout RowFolder
    ) throws {
        let name = isResumable ? StateBuilder.runName(granules.first ?? 0) : nil
        let run = try SpillRun.write(
            deltas, granules: granules, items: items, keyUse: folder.keyUse, in: directory, named: name)
        deltas = Deltas()
        granules = []
        items = 0
        folder.keyUse = KeyUse()
        shared.withLock { $0.routed.take(run) }
    }
}

extension LogRouter.Routed {
    mutating func take(_ run: SpillRun) {
        runs.append(run)
        items += run.summary.items
        keyUse.add(run.summary.keyUse)
        for (sum, counters) in run.summary.sums { deltas.add(counters, to: sum) }
    }
}

/// The log in parts of about the same size, each routed by one thread.
struct GranulePlan: Sendable {
    /// Where each part begins, and the end of the last.
    private let bounds: [UInt64]

    /// So few are routed in one thread, and kept in memory where they fit.
    static let inMemoryCount = 4

    /// - Parameter partBytes: of records in one part; 1 MiB is a few thousand items.
    init(_ log: EventLog, upTo end: UInt64, partBytes: Int) throws {
        var bounds: [UInt64] = [0]
        var byteCount = 0
        try log.read { snapshot in
            try snapshot.forEach(in: LogPosition(0)..<LogPosition(end)) { position, record in
                byteCount += record.byteCount
                guard byteCount >= partBytes else { return }
                bounds.append(position.rawValue + 1)
                byteCount = 0
            }
        }
        if bounds.last != end { bounds.append(end) }
        self.bounds = bounds
    }

    var count: Int { bounds.count - 1 }

    subscript(_ granule: UInt32) -> Range<UInt64> { bounds[Int(granule)]..<bounds[Int(granule) + 1] }

    func events(inFirst count: Int) -> UInt64 { bounds[count] }
}

extension [UInt64] {
    /// The first index at which `isBeyond` holds, where it holds from there on.
    fileprivate func partitionPoint(_ isBeyond: (UInt64) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
