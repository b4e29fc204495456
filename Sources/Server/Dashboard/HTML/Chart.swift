/// Charts as SVG that takes its colours from the page.
enum Chart {
    /// Bars side by side, with what they stand for.
    static func bars(_ label: String, _ bars: [(name: String, value: Double, shown: String)]) -> HTML {
        let most = max(bars.map(\.value).max() ?? 0, 1)
        let height = 34 * bars.count
        var rows: [HTML] = []
        for (index, bar) in bars.enumerated() {
            let width = max(1, Int(bar.value / most * 420))
            let y = index * 34
            rows.append(
                """
                <text x="0" y="\(y + 20)" class="label">\(bar.name)</text>\
                <rect x="130" y="\(y + 6)" width="\(width)" height="20" rx="3" class="bar bar\(index)"/>\
                <text x="\(min(width + 138, 560))" y="\(y + 21)" class="value">\(bar.shown)</text>
                """)
        }
        return """
            <svg viewBox="0 0 680 \(height)" role="img" aria-label="\(label)" class="chart">\(rows)</svg>
            """
    }

    /// Columns in the order of time, each of two parts.
    static func columns(
        _ label: String, _ columns: [(name: String, lower: Double, upper: Double)], lower: String, upper: String
    ) -> HTML {
        let most = max(columns.map { $0.lower + $0.upper }.max() ?? 0, 1)
        let step = 640 / max(columns.count, 1)
        let width = max(2, min(40, step - 3))
        var parts: [HTML] = []
        for (index, column) in columns.enumerated() {
            let (low, high) = (Int(column.lower / most * 160), Int(column.upper / most * 160))
            let x = 20 + index * step
            parts.append(
                """
                <g><title>\(column.name): \(lower) \(Int(column.lower)), \(upper) \(Int(column.upper))</title>\
                <rect x="\(x)" y="\(180 - low)" width="\(width)" height="\(low)" class="bar bar0"/>\
                <rect x="\(x)" y="\(180 - low - high)" width="\(width)" height="\(high)" class="bar bar1"/></g>
                """)
        }
        let ends: HTML =
            columns.count > 1
            ? """
            <text x="20" y="200" class="label">\(columns[0].name)</text>\
            <text x="660" y="200" text-anchor="end" class="label">\(columns[columns.count - 1].name)</text>
            """ : ""
        return """
            <svg viewBox="0 0 680 210" role="img" aria-label="\(label)" class="chart">\(parts)\
            <line x1="20" y1="180" x2="660" y2="180" class="axis"/>\(ends)</svg>\
            <p class="legend"><span class="key bar0"></span>\(lower) <span class="key bar1"></span>\(upper)</p>
            """
    }
}
