/// Paths from one on, in the order of their bytes, up to another one.
struct PathRange: Equatable {
    var start: [UInt8]
    /// Not in it; nil: there is no end.
    var end: [UInt8]?

    /// Whether the range does not end before `path`.
    func reaches(_ path: [UInt8]) -> Bool { end.map { path.lexicographicallyPrecedes($0) } ?? true }

    /// What is left of all paths without those below some directories, which come in the order of the paths in them.
    static func outside(_ directories: [[UInt8]]) -> [PathRange] {
        var ranges: [PathRange] = []
        var start: [UInt8] = []
        for directory in directories {
            // An empty path is the root: nothing is left.
            if directory.isEmpty { return ranges }
            ranges.append(PathRange(start: start, end: directory + [UInt8(ascii: "/")]))
            // The first path after all that is below it: the byte after the slash.
            start = directory + [UInt8(ascii: "/") + 1]
        }
        ranges.append(PathRange(start: start, end: nil))
        return ranges
    }
}
