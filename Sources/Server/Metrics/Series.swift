import CoreMetrics
import Synchronization

/// One series of a metric: a number, or a histogram.
final class Series: Sendable {
    enum Kind: String, Sendable { case counter, gauge, histogram }

    private struct Value {
        var sum = 0.0
        var count: UInt64 = 0
        /// Observations up to each bound, and not up to the one before.
        var buckets: [UInt64] = []
    }

    let kind: Kind
    private let value: Mutex<Value>

    init(_ kind: Kind) {
        self.kind = kind
        var value = Value()
        if kind == .histogram { value.buckets = PrometheusRegistry.buckets.map { _ in 0 } }
        self.value = Mutex(value)
    }

    func add(_ amount: Double) { value.withLock { $0.sum += amount } }

    func setTo(_ amount: Double) { value.withLock { $0.sum = amount } }

    func observe(_ amount: Double) {
        guard kind == .histogram else { return setTo(amount) }
        value.withLock { value in
            value.sum += amount
            value.count += 1
            if let index = PrometheusRegistry.buckets.firstIndex(where: { amount <= $0 }) { value.buckets[index] += 1 }
        }
    }

    /// - Parameter labels: as they are written, without braces.
    func write(_ name: String, _ labels: String, to text: inout PrometheusText) {
        let value = value.withLock { $0 }
        guard kind == .histogram else { return text.sample(name, labels, value.sum) }
        var count: UInt64 = 0
        let comma = labels.isEmpty ? "" : ","
        for (bound, inBucket) in zip(PrometheusRegistry.buckets, value.buckets) {
            count += inBucket
            text.sample(name + "_bucket", "\(labels)\(comma)le=\"\(PrometheusText.number(bound))\"", Double(count))
        }
        text.sample(name + "_bucket", "\(labels)\(comma)le=\"+Inf\"", Double(value.count))
        text.sample(name + "_sum", labels, value.sum)
        text.sample(name + "_count", labels, Double(value.count))
    }
}

extension Series: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    func increment(by amount: Int64) { add(Double(amount)) }
    func increment(by amount: Double) { add(amount) }
    // A counter that goes back looks like a process that was started again.
    func reset() {}
    func set(_ value: Int64) { setTo(Double(value)) }
    func set(_ value: Double) { setTo(value) }
    func decrement(by amount: Double) { add(-amount) }
    func record(_ value: Int64) { observe(Double(value)) }
    func record(_ value: Double) { observe(value) }
    func recordNanoseconds(_ duration: Int64) { observe(Double(duration) / 1e9) }
}
