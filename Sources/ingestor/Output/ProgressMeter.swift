/// How fast something goes on, and how long it will take: the mean since its stage began.
struct ProgressMeter {
    private var label = ""
    private var began = ContinuousClock.now
    private var first = 0.0
    private var last = 0.0

    /// Nothing is said of the rate before so long.
    private static let leastTime = 0.5

    /// `12,345 a second, 34 s left`; empty while it is too early to say.
    ///
    /// - Parameters:
    ///   - label: names the stage; another one begins anew.
    ///   - rate: says an amount a second.
    mutating func text(
        _ label: String, done: Double, total: Double?, now: ContinuousClock.Instant, rate: (Double) -> String
    ) -> String {
        if label != self.label || done < last {
            self = ProgressMeter()
            self.label = label
            began = now
            first = done
        }
        last = done
        let seconds = (now - began).seconds
        guard seconds >= Self.leastTime, done > first else { return "" }
        let perSecond = (done - first) / seconds
        var text = rate(perSecond) + "/s"
        if let total, total > done { text += ", \(Units.seconds(((total - done) / perSecond).rounded(.up))) left" }
        return text
    }
}

/// What is counted on a progress line.
enum ProgressUnit: Sendable {
    case count(String)
    case bytes

    func text(_ amount: Double) -> String {
        switch self {
        case .count: Units.count(Int(amount))
        case .bytes: Units.bytes(Int(amount))
        }
    }

    func amount(_ done: Double, of total: Double) -> String {
        switch self {
        case .count(let noun): "\(text(done)) of \(text(total)) \(noun)"
        case .bytes: "\(text(done)) of \(text(total))"
        }
    }
}
