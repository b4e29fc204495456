/// How much is done, as a bar and in hundredths.
enum ProgressBar {
    private static let width = 24

    /// `[######------------------]  25 %`.
    static func text(done: Double, total: Double) -> String {
        let fraction = total > 0 ? min(1, max(0, done / total)) : 0
        let filled = Int(fraction * Double(width))
        let percent = String(Int(fraction * 100))
        return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled) + "] "
            + String(repeating: " ", count: 3 - percent.count) + percent + " %"
    }
}
