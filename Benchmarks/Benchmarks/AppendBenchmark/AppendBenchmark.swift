import AppendMeasurement
import Benchmark
import Foundation

/// What is measured: events a transaction, callers at a time, transactions a turn.
private let cases: [(events: Int, callers: Int, batches: Int)] = [
    (1, 1, 400), (16, 1, 400), (256, 1, 200), (256, 2, 200),
]

let benchmarks: @Sendable () -> Void = {
    // Per cent of the yardstick's rate, measured in turns with it. The bar is 70 at 256 events a transaction.
    let ratio = BenchmarkMetric.custom("of the C loop (%)", polarity: .prefersLarger, useScalingFactor: false)
    let rate = BenchmarkMetric.custom("events a second", polarity: .prefersLarger, useScalingFactor: false)
    let limit = BenchmarkMetric.custom("C loop, events a second", polarity: .prefersLarger, useScalingFactor: false)

    for (events, callers, batches) in cases {
        Benchmark(
            "Append \(events) a transaction, \(callers) at a time",
            configuration: .init(
                metrics: [ratio, rate, limit], warmupIterations: 1, maxDuration: .seconds(60), maxIterations: 15)
        ) { benchmark in
            let directory = FileManager.default.temporaryDirectory.appending(path: "append-\(UUID().uuidString)")
            let yardstick = directory.appending(path: "yardstick")
            try FileManager.default.createDirectory(at: yardstick, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: directory) }
            let measurement = try AppendMeasurement(
                logDirectory: directory.appending(path: "log").path(), yardstickDirectory: yardstick.path(),
                events: events)
            let turn = try await measurement.turn(batches: batches, callers: callers)
            func perSecond(_ duration: Duration) -> Int { Int(Double(events * batches) / (duration / .seconds(1))) }
            benchmark.measurement(ratio, Int(turn.ratio * 100))
            benchmark.measurement(rate, perSecond(turn.log))
            benchmark.measurement(limit, perSecond(turn.yardstick))
        }
    }
}
