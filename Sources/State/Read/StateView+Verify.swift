import Projections

extension StateView {
    /// Computes all digests anew from the rows.
    ///
    /// - Returns: the projections whose rows are not those that the digests were kept for.
    public func verifyDigests() throws -> [DigestPart] {
        var folder = RowFolder()
        for table in Table.allCases {
            try forEachRow(table) { key, row in
                folder.count(table, key, row, isRemoval: false)
                return true
            }
        }
        return folder.ledgers.takeTotals().digests[0].differences(from: try digests())
    }
}
