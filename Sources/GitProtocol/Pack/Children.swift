/// Which rows have a given row as their base: two flat arrays instead of a list for each.
struct Children: Sendable {
    private let starts: [UInt32]
    private let rows: [UInt32]

    init(of bases: [UInt32]) {
        var starts = [UInt32](repeating: 0, count: bases.count + 1)
        for base in bases where base != PackTable.noBase { starts[Int(base) + 1] += 1 }
        for index in starts.indices.dropFirst() { starts[index] += starts[index - 1] }
        var cursors = starts
        var rows = [UInt32](repeating: 0, count: Int(starts.last ?? 0))
        for (row, base) in bases.enumerated() where base != PackTable.noBase {
            rows[Int(cursors[Int(base)])] = UInt32(row)
            cursors[Int(base)] += 1
        }
        self.starts = starts
        self.rows = rows
    }

    /// Rows that there were when the bases were taken.
    var count: Int { starts.count - 1 }

    /// Positions, for `subscript`, of the rows whose base is `row`; in pack order.
    func range(of row: Int) -> Range<Int> {
        Int(starts[row])..<Int(starts[row + 1])
    }

    subscript(position: Int) -> Int { Int(rows[position]) }
}
