/// Finds what somebody probably meant.
enum Spelling {
    /// The candidate that is nearest to `word`, if it is near enough to be a slip.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        let limit = max(1, min(3, word.count / 2))
        let ranked = candidates.map { (distance: distance(word, $0), isPrefixed: $0.hasPrefix(word), name: $0) }
        let best = ranked.min {
            ($0.isPrefixed ? 0 : $0.distance, $0.name) < ($1.isPrefixed ? 0 : $1.distance, $1.name)
        }
        guard let best, best.isPrefixed || best.distance <= limit else { return nil }
        return best.name
    }

    /// How many letters have to be put in, taken out, replaced, or swapped with their neighbour.
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left.unicodeScalars)
        let b = Array(right.unicodeScalars)
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var rows = [Array(0...b.count)]
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                var cost = min(row[j - 1] + 1, rows[i - 1][j] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, rows[i - 2][j - 2] + 1) }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
