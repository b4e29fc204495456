import Glibc
import Queries

/// What an import took.
struct ImportMeasurement: Sendable {
    var files: UInt64 = 0
    var bytes: UInt64 = 0
    /// Files and directories that were not taken: unreadable ones, and what is no file.
    var skipped: UInt64 = 0
    var seconds = 0.0
    /// Seconds that all processors together worked.
    var processorSeconds = 0.0
    /// Seconds to find out whether one content is there.
    var secondsPerLookUp = 0.0
    var statistics = StoreStatistics()

    var filesPerSecond: Double { StageLimits.rate(Double(files), seconds) }
    var bytesPerSecond: Double { StageLimits.rate(Double(bytes), seconds) }
}

/// A stage's part of the processor time of an import.
struct StageShare: Sendable {
    let name: String
    let seconds: Double
    let share: Double
}

extension ImportMeasurement {
    /// What each stage takes by itself on these files, as a part of all the processor time of the import; `append` is what
    /// remains: shards, log, state, and handing work on.
    func shares(_ limits: StageLimits) -> [StageShare] {
        let scale = limits.bytes > 0 ? Double(bytes) / Double(limits.bytes) : 0
        let distinctScale =
            limits.distinctBytes > 0 ? Double(statistics.uniqueBytes) / Double(limits.distinctBytes) : 0
        var stages = [
            ("read", limits.readSeconds * scale), ("hash", limits.hashSeconds * scale),
            ("look up", secondsPerLookUp * Double(files)), ("compress", limits.compressSeconds * distinctScale),
        ]
        let alone = stages.reduce(0) { $0 + $1.1 }
        stages.append(("append", max(0, processorSeconds - alone)))
        let total = max(processorSeconds, alone)
        return stages.map { StageShare(name: $0.0, seconds: $0.1, share: total > 0 ? $0.1 / total : 0) }
    }

    /// Seconds that this process has worked so far, on all processors.
    static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
