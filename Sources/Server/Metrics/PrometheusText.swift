/// Prometheus' text format, version 0.0.4.
struct PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    typealias Tags = [(String, String)]

    /// The head of a metric.
    mutating func begin(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(type)\n"
    }

    /// - Parameter labels: as they are written, without braces.
    mutating func sample(_ name: String, _ labels: String, _ value: Double) {
        text += labels.isEmpty ? name : "\(name){\(labels)}"
        text += " \(Self.number(value))\n"
    }

    /// A whole metric.
    mutating func family(_ name: String, _ type: String, _ help: String, _ samples: [(Tags, Double)]) {
        guard !samples.isEmpty else { return }
        begin(name, type, help)
        for (tags, value) in samples { sample(name, Self.labels(tags), value) }
    }

    mutating func gauge(_ name: String, _ help: String, _ value: Double?) {
        if let value { family(name, "gauge", help, [([], value)]) }
    }

    mutating func gauge(_ name: String, _ help: String, _ samples: [(Tags, Double)]) {
        family(name, "gauge", help, samples)
    }

    static func labels(_ tags: Tags) -> String {
        tags.sorted { $0.0 < $1.0 }.map { "\($0.0)=\"\(escaped($0.1, quotes: true))\"" }.joined(separator: ",")
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
