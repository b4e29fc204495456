import CBuild

/// What `--version` says.
enum Version {
    /// The last entry of CHANGELOG.md.
    static let number = "0.1.0"

    /// `0.1.0 (commit 1a2b3c4, 2026-11-24, Swift 6.3.1)`.
    static let text = text(number, build: String(cString: ingestor_build()))

    /// - Parameter build: `COMMIT:DATE:SWIFT`, as tools/package gives it; empty where somebody built it by hand.
    static func text(_ number: String, build: String) -> String {
        let parts = build.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return "\(number) (development build)" }
        return "\(number) (commit \(parts[0]), \(parts[1]), Swift \(parts[2]))"
    }
}
