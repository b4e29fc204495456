extension HTML {
    /// A column of a table.
    struct Column: ExpressibleByStringLiteral {
        var name: String
        /// How its cells are set: `number`, `what` for longer text, `main` for what the row is about, `source`, `short` for words that stay on a line.
        var kind: String

        init(_ name: String, _ kind: String = "") {
            self.name = name
            self.kind = kind
        }

        init(stringLiteral name: String) { self.init(name) }

        static func number(_ name: String) -> Column { Column(name, "number") }
        static func main(_ name: String) -> Column { Column(name, "main") }
        static func source(_ name: String) -> Column { Column(name, "source") }
        static func short(_ name: String) -> Column { Column(name, "short") }
        static func what(_ name: String) -> Column { Column(name, "what") }

        fileprivate var attribute: HTML { kind.isEmpty ? "" : " class=\"\(kind)\"" }
    }

    /// A table; where it has no rows, why.
    static func table(_ name: String, _ columns: [Column], _ rows: [[HTML]], empty: HTML) -> HTML {
        guard !rows.isEmpty else { return "<p class=\"empty\">\(empty)</p>" }
        let heads: [HTML] = columns.map { "<th scope=\"col\"\($0.attribute)>\($0.name)</th>" }
        return """
            <div class="scroll" role="region" aria-label="\(name)" tabindex="0"><table><thead><tr>\(heads)</tr></thead>\
            <tbody>\(rows.map { row($0, columns) })</tbody></table></div>
            """
    }

    /// A row of a table. Where there is no room for columns each cell says which one it is of.
    static func row(_ cells: [HTML], _ columns: [Column]) -> HTML {
        let cells: [HTML] = zip(columns, cells).map { column, cell in
            // A cell without anything has no white space either, so that it takes no room.
            "<td data-label=\"\(column.name)\"\(column.attribute)>\(wrapped(cell))</td>"
        }
        return "<tr>\(cells)</tr>"
    }

    /// One box, so that a cell on a phone is its name and that.
    private static func wrapped(_ cell: HTML) -> HTML { cell.text.isEmpty ? "" : "<div>\(cell)</div>" }
}
