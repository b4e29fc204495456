import Events

/// One thing that `doctor` looked at.
struct Finding: Sendable, Equatable {
    enum Verdict: String, Sendable {
        case ok
        /// It works, and may fail or be slow one day.
        case warning
        /// It does not work.
        case wrong
    }

    /// What belongs together.
    enum Area: String, Sendable, CaseIterable {
        case machine
        case configuration
        case data
        case gitHub = "github"
        case service
    }

    var area: Area
    var verdict: Verdict
    /// What was found.
    var text: String
    /// What to do about it.
    var advice: String?

    static func ok(_ area: Area, _ text: String) -> Self { Self(area: area, verdict: .ok, text: text) }

    static func warning(_ area: Area, _ text: String, advice: String) -> Self {
        Self(area: area, verdict: .warning, text: text, advice: advice)
    }

    static func wrong(_ area: Area, _ text: String, advice: String) -> Self {
        Self(area: area, verdict: .wrong, text: text, advice: advice)
    }

    var json: [(String, JSONValue)] {
        [
            ("area", .string(area.rawValue)), ("verdict", .string(verdict.rawValue)), ("finding", .string(text)),
            ("advice", advice.map { .string($0) } ?? .null),
        ]
    }
}
