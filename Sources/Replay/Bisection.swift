public import EventLog
public import Events
public import State

extension Replay {
    /// The first event after which a state that is folded event by event is no longer the one that is built in bulk.
    ///
    /// Each pass builds once in bulk, with digests at up to a thousand places, and folds on from where both agreed.
    ///
    /// - Parameters:
    ///   - lower: a number of events at which both are known to agree.
    ///   - upper: one up to which to look.
    ///   - directory: for what is built; has to be empty or not there, and is left with it.
    ///   - fold: folds a state on to so many events.
    /// - Returns: nil where both agree all the way.
    public static func firstPosition(
        after lower: UInt64, upTo upper: UInt64, in log: EventLog, directory: String, options: StateOptions,
        progress: @escaping @Sendable (StateProgress) -> Void = { _ in }, fold: (StateStore, UInt64) throws -> Void
    ) throws -> LogPosition? {
        var (low, high) = (lower, upper)
        var pass = 0
        while low < high {
            let marks = marks(low, high)
            let path = "\(directory)/pass-\(pass)"
            pass += 1
            let bulk = try StateBuilder.build(
                log: log, upTo: high, digestsAt: marks, into: path + "-bulk", options: options, progress: progress)
            let expected = bulk.digestsBefore + [bulk.digests]
            _ = try StateBuilder.build(log: log, upTo: low, into: path + "-live", options: options, progress: progress)
            var unfolded = options
            unfolded.catchUpOnOpen = false
            let live = try StateStore.open(directory: path + "-live", log: log, mode: .writer, options: unfolded)
            var previous = low
            var found: UInt64?
            for (mark, digests) in zip(marks + [high], expected) {
                try fold(live, mark)
                progress(StateProgress(phase: .events, done: mark, total: high))
                guard try live.read({ try $0.digests() }) == digests else {
                    found = mark
                    break
                }
                previous = mark
            }
            guard let found else { return nil }
            (low, high) = (previous, found)
            if high == low + 1 { return LogPosition(low) }
        }
        return nil
    }

    private static let marksPerPass: UInt64 = 1000

    /// Counts between two others, evenly spread.
    private static func marks(_ low: UInt64, _ high: UInt64) -> [UInt64] {
        let step = max(1, (high - low + marksPerPass - 1) / marksPerPass)
        return Array(stride(from: low + step, to: high, by: Int(step)))
    }
}
