import CoreMetrics
import Synchronization

/// Keeps what `swift-metrics` is told, and shows it in Prometheus' text format (version 0.0.4).
///
/// Labels of metrics are the names that Prometheus shows, units last: `ingestor_sync_seconds`.
final class PrometheusRegistry: MetricsFactory {
    /// Series that are kept. Tags have few values, so this is never reached unless one of them is not as it should be; then
    /// further series are left out and counted.
    static let maximumSeriesCount = 4096
    /// Upper bounds of the buckets of all histograms, in seconds: from a request that is answered from memory to a first sync
    /// of something huge.
    static let buckets = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800,
    ]

    private struct Contents {
        /// By name, and then by tags as they are written.
        var families: [String: [String: Series]] = [:]
        var count = 0
        var leftOut: UInt64 = 0
    }

    private let contents = Mutex(Contents())
    /// What a metric is, by its name.
    private let help: [String: String]

    init(help: [String: String]) { self.help = help }

    /// A series of that name and those tags.
    private func series(_ name: String, _ tags: [(String, String)], _ kind: Series.Kind) -> Series {
        let labels = PrometheusText.labels(tags)
        return contents.withLock { contents in
            if let known = contents.families[name]?[labels] { return known }
            let series = Series(kind)
            guard contents.count < Self.maximumSeriesCount else {
                contents.leftOut += 1
                return series
            }
            contents.count += 1
            contents.families[name, default: [:]][labels] = series
            return series
        }
    }

    func write(to text: inout PrometheusText) {
        let (families, leftOut) = contents.withLock { ($0.families, $0.leftOut) }
        for (name, series) in families.sorted(by: { $0.key < $1.key }) {
            guard let kind = series.values.first?.kind else { continue }
            text.begin(name, kind.rawValue, help[name] ?? "")
            for (labels, series) in series.sorted(by: { $0.key < $1.key }) { series.write(name, labels, to: &text) }
        }
        text.family(
            "ingestor_metrics_left_out_total", "counter", "Updates of series beyond the limit of their number.",
            [([], Double(leftOut))])
    }

    // MARK: MetricsFactory

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter)
    }

    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions, aggregate ? .histogram : .gauge)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram)
    }

    // A series stays: one that went away and came back would look like a process that was started again.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
