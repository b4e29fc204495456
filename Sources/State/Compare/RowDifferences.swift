import LMDB
public import Projections

/// A row that is not the same in two states.
public struct RowDifference: Sendable, Hashable {
    public let table: Table
    public let key: [UInt8]
    /// Nil where it is not there.
    public let live: [UInt8]?
    public let rebuilt: [UInt8]?
}

extension StateView {
    /// The rows in which this state differs from one that was rebuilt, table by table in the order of the keys.
    ///
    /// - Parameter limit: rows of one table that are told at most.
    public func differences(
        fromRebuilt store: StateStore, in tables: [Table], limit: Int
    ) throws -> [RowDifference] {
        // The compiler (6.3.1) fails where a view that is lent is used inside a closure; what it is made of may be.
        let (mine, myTables, others) = (transaction, self.tables, store.tables)
        return try others.environment.read { other in
            try Self.differences(
                mine, myTables, BorrowedTransaction(handle: other.handle), others, in: tables, limit: limit)
        }
    }

    private static func differences(
        _ live: BorrowedTransaction, _ liveTables: StateTables, _ rebuilt: BorrowedTransaction,
        _ rebuiltTables: StateTables, in tables: [Table], limit: Int
    ) throws -> [RowDifference] {
        var differences: [RowDifference] = []
        for table in tables {
            var count = 0
            var mine = try live.cursor(liveTables[table])
            var others = try rebuilt.cursor(rebuiltTables[table])
            var left = Row(try mine.first())
            var right = Row(try others.first())
            while count < limit, left != nil || right != nil {
                let order = Row.order(left, right)
                if order != 0 || left?.row != right?.row {
                    let key = (order <= 0 ? left?.key : right?.key) ?? []
                    differences.append(
                        RowDifference(
                            table: table, key: key, live: order <= 0 ? left?.row : nil,
                            rebuilt: order >= 0 ? right?.row : nil))
                    count += 1
                }
                if order <= 0 { left = Row(try mine.next()) }
                if order >= 0 { right = Row(try others.next()) }
            }
        }
        return differences
    }
}

private struct Row {
    let key: [UInt8]
    let row: [UInt8]

    init?(_ entry: Entry?) {
        guard let entry else { return nil }
        key = entry.key.withUnsafeBytes { Array($0) }
        row = entry.value.withUnsafeBytes { Array($0) }
    }

    /// Which of two comes first; one that is not there comes last.
    static func order(_ left: Row?, _ right: Row?) -> Int {
        guard let left else { return 1 }
        guard let right else { return -1 }
        return left.key.withUnsafeBytes { left in right.key.withUnsafeBytes { compareKeys(left, $0) } }
    }
}
