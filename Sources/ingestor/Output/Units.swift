import Events

/// Numbers and times as people read them.
enum Units {
    /// `1,234,567`.
    static func count(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value))
        var text = ""
        for (index, digit) in digits.enumerated() {
            let rest = digits.count - index
            if index > 0, rest.isMultiple(of: 3), digits[index - 1] != "-" { text += "," }
            text.append(digit)
        }
        return text
    }

    /// `1 file`, `2 files`.
    static func count(_ value: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
        "\(count(value)) \(value == 1 ? noun : plural ?? noun + "s")"
    }

    /// `512 B`, `1.5 KiB`, `3.0 GiB`.
    static func bytes(_ value: some BinaryInteger) -> String {
        var amount = Double(value)
        guard amount >= 1024 else { return "\(value) B" }
        for unit in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
            amount /= 1024
            if amount < 1000 || unit == "PiB" {
                return "\(fixed(amount, amount < 10 ? 2 : amount < 100 ? 1 : 0)) \(unit)"
            }
        }
        return "\(value) B"
    }

    /// `10 sources, 5.0 GiB, 600 requests a minute`.
    static func limits(_ limits: TenantLimits) -> String {
        let parts = [
            limits.repositories.map { count($0, "source") }, limits.bytes.map { bytes($0) },
            limits.requestsPerMinute.map { count($0, "request") + " a minute" },
        ].compactMap(\.self)
        return parts.isEmpty ? "as much as there is room for" : parts.joined(separator: ", ")
    }

    /// `3.2×`.
    static func ratio(_ value: Double) -> String { "\(fixed(value, 2))×" }

    /// `0.42 s`, `3 min 5 s`.
    static func seconds(_ value: Double) -> String {
        if value < 0.001 { return "\(fixed(value * 1e6, 0)) µs" }
        if value < 1 { return "\(fixed(value * 1e3, value < 0.01 ? 1 : 0)) ms" }
        if value < 60 { return "\(fixed(value, value < 10 ? 2 : 1)) s" }
        let whole = Int(value)
        return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    /// So many decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int64((abs(value) * scale).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + String(scaled) }
        let digits = String(scaled)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }

    /// `2026-03-01 12:00:00Z`.
    static func time(_ time: Timestamp) -> String {
        let text = Timestamp(seconds: time.seconds).rfc3339
        return text.replacing("T", with: " ")
    }

    /// `3 minutes ago`, `in 2 hours`.
    static func relative(_ time: Timestamp, to now: Timestamp) -> String {
        let seconds = now.seconds - time.seconds
        let amount = abs(seconds)
        let steps: [(Int64, String)] = [(86_400 * 365, "year"), (86_400, "day"), (3600, "hour"), (60, "minute")]
        guard amount >= 10 else { return "just now" }
        let step = steps.first { amount >= $0.0 } ?? (1, "second")
        let text = count(amount / step.0, step.1)
        return seconds >= 0 ? "\(text) ago" : "in \(text)"
    }

    /// `2026-03-01 12:00:00Z (3 minutes ago)`.
    static func moment(_ time: Timestamp, now: Timestamp) -> String {
        "\(self.time(time)) (\(relative(time, to: now)))"
    }
}
