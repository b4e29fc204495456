import Events

/// Numbers and times as people read them on a page.
enum Show {
    /// `1,234,567`.
    static func count(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3), digits[index - 1] != "-" { text += "," }
            text.append(digit)
        }
        return text
    }

    /// `512 B`, `1.5 KiB`, `30 GiB`.
    static func bytes(_ value: some BinaryInteger) -> String {
        var amount = Double(value)
        guard amount >= 1024 else { return "\(value) B" }
        for unit in ["KiB", "MiB", "GiB", "TiB"] {
            amount /= 1024
            if amount < 1000 || unit == "TiB" { return "\(decimal(amount, amount < 10 ? 1 : 0)) \(unit)" }
        }
        return "\(value) B"
    }

    static func ratio(_ value: Double?) -> String { value.map { "\(decimal($0, 2))×" } ?? "–" }

    static func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "–" }
        let scale = places == 0 ? 1.0 : places == 1 ? 10 : 100
        let whole = Int64((value * scale).rounded())
        guard places > 0 else { return String(whole) }
        let digits = String(abs(whole))
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return "\(whole < 0 ? "-" : "")\(padded.dropLast(places)).\(padded.suffix(places))"
    }

    /// `3 min ago`, `in 2 h`.
    static func relative(_ time: Timestamp, to now: Timestamp) -> String {
        let seconds = (now.microseconds - time.microseconds) / 1_000_000
        let amount = abs(seconds)
        if amount < 5 { return "just now" }
        let text =
            amount < 60
            ? "\(amount) s"
            : amount < 3600
                ? "\(amount / 60) min"
                : amount < 172_800 ? "\(amount / 3600) h" : "\(amount / 86_400) days"
        return seconds >= 0 ? "\(text) ago" : "in \(text)"
    }

    /// A time as far as it is from now, with the moment itself for whoever wants to know.
    static func time(_ time: Timestamp?, _ now: Timestamp) -> HTML {
        guard let time else { return "–" }
        return "<time datetime=\"\(time.rfc3339)\" title=\"\(time.rfc3339)\">\(relative(time, to: now))</time>"
    }

    /// `2026-11-24 16:10`.
    static func moment(_ time: Timestamp) -> String { String(time.rfc3339.prefix(16)).replacing("T", with: " ") }

    static func hash(_ hash: SHA1Hash?) -> HTML {
        hash.map { "<a class=\"hash\" href=\"/explain?subject=\($0.hex)\">\(String($0.hex.prefix(10)))</a>" } ?? "–"
    }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
