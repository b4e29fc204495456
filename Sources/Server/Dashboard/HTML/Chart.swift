import Events

/// Charts as SVG that takes its colours from the page.
enum Chart {
    private static let width = 640
    private static let height = 220
    /// Room for the labels beside and below.
    private static let (left, right, top, bottom) = (64, 12, 12, 26)

    /// One line of a chart.
    struct Line {
        var name: String
        var points: [(at: Timestamp, value: Double)]
        var isFilled = false
    }

    private struct Scale {
        let first: Timestamp
        let last: Timestamp
        let most: Double

        func x(_ time: Timestamp) -> Int {
            let span = Double(max(1, last.microseconds - first.microseconds))
            let part = Double(time.microseconds - first.microseconds) / span
            return left + Int((part * Double(width - left - right)).rounded())
        }

        func y(_ value: Double) -> Int {
            height - bottom - Int((value / most * Double(height - top - bottom)).rounded())
        }
    }

    /// Values over time, from zero up. What is known of a value lasts until the next point says otherwise.
    ///
    /// - Parameters:
    ///   - isBinary: the values are bytes, of which people count in powers of two.
    ///   - format: a value as people read it.
    static func lines(
        _ title: String, _ note: String, _ lines: [Line], until now: Timestamp, isBinary: Bool = false,
        format: (Double) -> String
    ) -> HTML {
        let times = lines.flatMap { $0.points.map(\.at) }
        guard let first = times.min() else { return "" }
        let most = ceiling(lines.flatMap { $0.points.map(\.value) }.max() ?? 1, isBinary)
        let scale = Scale(first: first, last: max(now, first), most: most)
        let grid: [HTML] = (0...2).map { step in
            let value = most * Double(step) / 2
            let y = scale.y(value)
            return """
                <line x1="\(left)" y1="\(y)" x2="\(width - right)" y2="\(y)" class="\(step == 0 ? "axis" : "grid")"/>\
                <text x="\(left - 8)" y="\(y + 4)" text-anchor="end">\(format(value))</text>
                """
        }
        let shapes: [HTML] = lines.enumerated().map { index, line in shape(line, "c\(index)", scale) }
        let keys: [HTML] = lines.enumerated().map { index, line in
            """
            <li>\(key(index))\(line.name) <b>\(line.points.last.map { format($0.value) } ?? "–")</b></li>
            """
        }
        return figure(
            title, note,
            """
            <svg viewBox="0 0 \(width) \(height)" role="img" aria-label="\(title)" class="chart">\(grid)\(shapes)\
            \(ends(scale.first, scale.last))</svg><ul class="legend">\(keys)</ul>
            """)
    }

    private static func shape(_ line: Line, _ colour: String, _ scale: Scale) -> HTML {
        var steps: [String] = []
        var last: Int?
        for point in line.points {
            let (x, y) = (scale.x(point.at), scale.y(point.value))
            // Up or down where the value changes, level between.
            steps.append(last.map { $0 == y ? "H\(x)" : "H\(x)V\(y)" } ?? "M\(x) \(y)")
            last = y
        }
        steps.append("H\(scale.x(scale.last))")
        let path = steps.joined()
        let area: HTML =
            line.isFilled
            ? "<path d=\"\(path)V\(scale.y(0))H\(scale.x(line.points[0].at))Z\" class=\"area \(colour)\"/>" : ""
        return "\(area)<path d=\"\(path)\" class=\"line \(colour)\"/>"
    }

    /// Columns in the order of time, each of two parts.
    static func columns(
        _ title: String, _ note: String, _ columns: [(name: String, lower: Double, upper: Double)], lower: String,
        upper: String
    ) -> HTML {
        let most = ceiling(max(2, columns.map { $0.lower + $0.upper }.max() ?? 2), false)
        let room = width - left - right
        let step = Double(room) / Double(max(columns.count, 12))
        let thickness = max(2, min(36, Int(step) - 3))
        let base = height - bottom
        func length(_ value: Double) -> Int { Int((value / most * Double(base - top)).rounded()) }
        let grid: [HTML] = (0...2).map { part in
            let y = base - length(most * Double(part) / 2)
            return """
                <line x1="\(left)" y1="\(y)" x2="\(width - right)" y2="\(y)" class="\(part == 0 ? "axis" : "grid")"/>\
                <text x="\(left - 8)" y="\(y + 4)" text-anchor="end">\(Show.count(Int(most * Double(part) / 2)))</text>
                """
        }
        let bars: [HTML] = columns.enumerated().map { index, column in
            let (low, high) = (length(column.lower), length(column.upper))
            let x = left + Int(Double(index) * step) + 2
            return """
                <g><title>\(column.name): \(Show.count(Int(column.lower))) \(lower), \(Show.count(Int(column.upper))) \(upper)</title>\
                <rect x="\(x)" y="\(base - low)" width="\(thickness)" height="\(low)" class="mark c0"/>\
                <rect x="\(x)" y="\(base - low - high)" width="\(thickness)" height="\(high)" class="mark c1"/></g>
                """
        }
        let names: HTML =
            columns.count > 1
            ? """
            <text x="\(left)" y="\(height - 6)">\(columns[0].name)</text>\
            <text x="\(width - right)" y="\(height - 6)" text-anchor="end">\(columns[columns.count - 1].name)</text>
            """ : "<text x=\"\(left)\" y=\"\(height - 6)\">\(columns.first?.name ?? "")</text>"
        return figure(
            title, note,
            """
            <svg viewBox="0 0 \(width) \(height)" role="img" aria-label="\(title)" class="chart">\(grid)\(bars)\(names)</svg>\
            <ul class="legend"><li>\(key(0))\(lower)</li><li>\(key(1))\(upper)</li></ul>
            """)
    }

    /// Bars below one another, the longest first.
    ///
    /// - Parameter bars: what each stands for, how much it is, and how that is said.
    static func bars(_ title: String, _ note: String, _ bars: [(name: HTML, value: Double, shown: String)]) -> HTML {
        let most = max(1, bars.map(\.value).max() ?? 1)
        let rows: [HTML] = bars.map { bar in
            """
            <li><span>\(bar.name)</span><b>\(bar.shown)</b>\
            <svg class="meter" viewBox="0 0 100 5" preserveAspectRatio="none" aria-hidden="true">\
            <rect class="mark c0" width="\(max(1, Int(bar.value / most * 100)))" height="5"/></svg></li>
            """
        }
        return figure(title, note, "<ol class=\"bars\">\(rows)</ol>")
    }

    private static func ends(_ first: Timestamp, _ last: Timestamp) -> HTML {
        let (from, to) = (Show.moment(first), Show.moment(last))
        return """
            <text x="\(left)" y="\(height - 6)">\(from)</text>\
            <text x="\(width - right)" y="\(height - 6)" text-anchor="end">\(to)</text>
            """
    }

    private static func figure(_ title: String, _ note: String, _ content: HTML) -> HTML {
        "<figure class=\"card\"><figcaption>\(title)<span>\(note)</span></figcaption>\(content)</figure>"
    }

    private static func key(_ index: Int) -> HTML {
        """
        <svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2.5" class="mark c\(index)"/></svg>
        """
    }

    /// The next number above that is easy to halve.
    private static func ceiling(_ value: Double, _ isBinary: Bool) -> Double {
        guard value > 1 else { return 1 }
        var unit = 1.0
        if isBinary {
            while unit < value { unit *= 2 }
            return unit
        }
        while unit * 10 < value { unit *= 10 }
        return [1, 2, 3, 4, 6, 8, 10].map { $0 * unit }.first { $0 >= value } ?? value
    }
}
