import AppendMeasurement
import Foundation

/// `measure-append DIR [ROUNDS]`: durable appending below DIR beside a plain C loop over LMDB, in turns.
///
/// One line of JSON for each size of a transaction: the medians of both rates, in events a second, and of the ratio.
@main
struct MeasureAppend {
    /// Events a transaction, callers at a time (with two, one hashes while the other's events are written), whether the
    /// records are hashed beforehand, and how many transactions make a turn.
    private static let cases = [
        (events: 1, callers: 1, areReadyMade: false, batches: 200),
        (events: 16, callers: 1, areReadyMade: false, batches: 200),
        (events: 256, callers: 1, areReadyMade: false, batches: 100),
        (events: 256, callers: 2, areReadyMade: false, batches: 100),
        (events: 256, callers: 1, areReadyMade: true, batches: 100),
        (events: 256, callers: 2, areReadyMade: true, batches: 100),
    ]

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 2 || arguments.count == 3, let rounds = Int(arguments.count == 3 ? arguments[2] : "7"),
            rounds > 0
        else {
            FileHandle.standardError.write(Data("usage: measure-append DIR [ROUNDS]\n".utf8))
            exit(64)
        }
        for (events, callers, areReadyMade, batches) in cases {
            let directory = URL(filePath: arguments[1]).appending(path: "append-\(events)-\(callers)-\(areReadyMade)")
            let yardstick = directory.appending(path: "yardstick")
            try FileManager.default.createDirectory(at: yardstick, withIntermediateDirectories: true)
            let measurement = try AppendMeasurement(
                logDirectory: directory.appending(path: "log").path(), yardstickDirectory: yardstick.path(),
                events: events)
            var turns: [AppendMeasurement.Turn] = []
            _ = try await measurement.turn(batches: batches, callers: callers, areReadyMade: areReadyMade)
            for _ in 0..<rounds {
                turns.append(try await measurement.turn(batches: batches, callers: callers, areReadyMade: areReadyMade))
            }
            func perSecond(_ durations: [Duration]) -> Int {
                Int(median(durations.map { Double(events * batches) / ($0 / .seconds(1)) }))
            }
            let ratio = (median(turns.map(\.ratio)) * 1000).rounded() / 1000
            let line =
                #"{"batch":\#(events),"callers":\#(callers),"readyMade":\#(areReadyMade),"eventsPerSecond":\#(perSecond(turns.map(\.log))),"loopEventsPerSecond":\#(perSecond(turns.map(\.yardstick))),"ratio":\#(ratio)}"#
            FileHandle.standardOutput.write(Data((line + "\n").utf8))
        }
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
