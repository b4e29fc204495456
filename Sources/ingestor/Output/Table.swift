/// Columns that line up. What is numeric stands at the right.
struct Table {
    enum Alignment { case left, right }

    struct Cell {
        var text: String
        var paint: (@Sendable (String) -> String)?

        init(_ text: String, _ paint: (@Sendable (String) -> String)? = nil) {
            self.text = text
            self.paint = paint
        }
    }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[Cell]] = []

    init(_ columns: [(String, Alignment)]) { self.columns = columns.map { (title: $0.0, alignment: $0.1) } }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ cells: [Cell]) { rows.append(cells) }
    mutating func add(_ texts: String...) { rows.append(texts.map { Cell($0) }) }

    /// The lines, with titles unless all of them are empty.
    func lines(_ style: Style) -> [String] {
        var widths = columns.map { Self.width($0.title) }
        for row in rows {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], Self.width(cell.text))
            }
        }
        func line(_ cells: [Cell]) -> String {
            var text = ""
            for (index, cell) in cells.enumerated() where index < columns.count {
                let padding = String(repeating: " ", count: widths[index] - Self.width(cell.text))
                let painted = cell.paint.map { $0(cell.text) } ?? cell.text
                let isLast = index == cells.count - 1
                text += columns[index].alignment == .right ? padding + painted : painted + (isLast ? "" : padding)
                if !isLast { text += "  " }
            }
            while text.last == " " { text.removeLast() }
            return text
        }
        let titles = columns.contains { !$0.title.isEmpty } ? [line(columns.map { Cell($0.title, style.dim) })] : []
        return titles + rows.map(line)
    }

    /// Columns that a text takes on a terminal: East Asian wide characters take two, combining ones none.
    static func width(_ text: String) -> Int {
        text.reduce(0) { sum, character in
            guard let scalar = character.unicodeScalars.first else { return sum }
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
                0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                return sum + 2
            default:
                return sum + 1
            }
        }
    }
}

extension Output {
    /// A table among the results.
    func table(_ table: Table) throws(OutputClosed) {
        for line in table.lines(style) { try self.line(line) }
    }

    /// Names and values, two columns.
    func facts(_ facts: [(String, String)]) throws(OutputClosed) {
        var table = Table([("", .left), ("", .left)])
        let style = style
        for (name, value) in facts { table.add([.init(name, { style.dim($0) }), .init(value)]) }
        try self.table(table)
    }
}
