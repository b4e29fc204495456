/// Goes through one tree of a data file, from its root to its leaves, in the order of the keys.
struct TreeWalk {
    /// How keys are ordered.
    enum Keys { case bytes, integers }

    let name: String?
    let keys: Keys
    let lastPage: UInt64
    /// Named trees that were found (in the main tree), and contents (of the tree of free pages).
    private(set) var trees: [(String, FileFormat.Tree)] = []
    private(set) var values: [(page: UInt64, bytes: [UInt8])] = []
    private var lastKey: [UInt8]?
    /// What the branch above says of the next key.
    private var smallestKey: [UInt8]?
    private var counts: (branch: UInt64, leaf: UInt64, overflow: UInt64, entries: UInt64) = (0, 0, 0, 0)

    init(name: String?, keys: Keys, lastPage: UInt64) {
        self.name = name
        self.keys = keys
        self.lastPage = lastPage
    }

    mutating func run(_ tree: FileFormat.Tree, _ check: inout FileCheck) throws(LMDBError) {
        let found = check.findings.count
        guard tree.root != FileFormat.noPage else {
            if tree.depth != 0 || tree.entries != 0 {
                check.report(0, "a tree has entries and no root", database: name)
            }
            return
        }
        guard (1...FileFormat.maximumDepth).contains(tree.depth) else {
            return check.report(tree.root, "a tree has a depth of \(tree.depth)", database: name)
        }
        guard keys == .integers || (tree.flags == 0 && (name == nil || tree.pad == 0)) else {
            return check.report(tree.root, "a tree has flags that this format does not use", database: name)
        }
        try visit(tree.root, depth: 1, of: tree.depth, &check)
        guard check.findings.count == found else { return }
        let isAsCounted =
            counts.branch == tree.branchPages && counts.leaf == tree.leafPages && counts.overflow == tree.overflowPages
            && counts.entries == tree.entries
        if !isAsCounted {
            check.report(tree.root, "a tree does not have the pages and entries that it counts", database: name)
        }
    }

    private mutating func visit(_ page: UInt64, depth: Int, of deepest: Int, _ check: inout FileCheck) throws(LMDBError)
    {
        guard !check.isFull else { return }
        guard page >= 2, page <= lastPage else { return report(page, "it is not in the file", &check) }
        guard check.take(page) else { return report(page, "it is used twice", &check) }
        let bytes = try check.read(page)
        let isLeaf = depth == deepest
        let (number, flags, lower, upper) = bytes.withUnsafeBytes { bytes in
            (
                bytes.little(0) as UInt64, bytes.little(10) as UInt16, Int(bytes.little(12) as UInt16),
                Int(bytes.little(14) as UInt16)
            )
        }
        let start = FileFormat.pageHeaderByteCount
        guard number == page, FileFormat.PageFlags(rawValue: flags) == (isLeaf ? .leaf : .branch) else {
            return report(page, "its header is not that of a \(isLeaf ? "leaf" : "branch") in its place", &check)
        }
        guard lower >= start + 2, lower.isMultiple(of: 2), lower <= upper, upper <= bytes.count else {
            return report(page, "the limits in its header do not fit", &check)
        }
        if isLeaf { counts.leaf += 1 } else { counts.branch += 1 }
        for index in 0..<(lower - start) / 2 where !check.isFull {
            let offset = bytes.withUnsafeBytes { Int($0.little(start + 2 * index) as UInt16) }
            guard offset >= upper, offset + FileFormat.nodeHeaderByteCount <= bytes.count else {
                return report(page, "node \(index) lies outside of it", &check)
            }
            let node = Array(bytes[offset...])
            if isLeaf {
                try leaf(node, page, &check)
            } else {
                try branch(node, isFirst: index == 0, page, depth, deepest, &check)
            }
        }
    }

    private mutating func branch(
        _ node: [UInt8], isFirst: Bool, _ page: UInt64, _ depth: Int, _ deepest: Int, _ check: inout FileCheck
    ) throws(LMDBError) {
        let (low, high, keyCount) = node.withUnsafeBytes { node in
            (UInt64(node.little(0) as UInt32), UInt64(node.little(4) as UInt16), Int(node.little(6) as UInt16))
        }
        guard keyCount <= FileFormat.maximumKeyByteCount, FileFormat.nodeHeaderByteCount + keyCount <= node.count else {
            return report(page, "a key in it is cut", &check)
        }
        let key = Array(node[FileFormat.nodeHeaderByteCount..<FileFormat.nodeHeaderByteCount + keyCount])
        // The first child of a branch takes all that is smaller; its key does not count.
        if !isFirst, let lastKey, !precedes(lastKey, key) {
            return report(page, "its keys do not separate what lies below it", &check)
        }
        if !isFirst { smallestKey = key }
        try visit(low | high << 32, depth: depth + 1, of: deepest, &check)
    }

    private mutating func leaf(_ node: [UInt8], _ page: UInt64, _ check: inout FileCheck) throws(LMDBError) {
        let (dataCount, rawFlags, keyCount) = node.withUnsafeBytes { node in
            (Int(node.little(0) as UInt32), node.little(4) as UInt16, Int(node.little(6) as UInt16))
        }
        let flags = FileFormat.NodeFlags(rawValue: rawFlags)
        let allowed: [FileFormat.NodeFlags] = name == nil ? [[], .overflow, .tree] : [[], .overflow]
        let start = FileFormat.nodeHeaderByteCount + keyCount
        let kept = flags == .overflow ? 8 : dataCount
        guard (1...FileFormat.maximumKeyByteCount).contains(keyCount), allowed.contains(flags),
            start + kept <= node.count
        else { return report(page, "a node in it is cut or has unknown flags", &check) }
        let key = Array(node[FileFormat.nodeHeaderByteCount..<start])
        if let lastKey, !precedes(lastKey, key) { report(page, "its keys are not in order", key: key, &check) }
        if let smallestKey, precedes(key, smallestKey) {
            report(page, "its first key is smaller than the branch above it says", key: key, &check)
        }
        smallestKey = nil
        lastKey = key
        counts.entries += 1
        switch flags {
        case .tree:
            guard dataCount == FileFormat.treeByteCount else { return report(page, "a tree in it is cut", &check) }
            let tree = node[start...].withUnsafeBytes { FileFormat.Tree($0) }
            trees.append((String(decoding: key, as: UTF8.self), tree))
        case .overflow:
            try overflow(node[start...].withUnsafeBytes { $0.little(0) }, dataCount, key, &check)
        default:
            if keys == .integers { values.append((page, Array(node[start..<start + dataCount]))) }
        }
    }

    private mutating func overflow(
        _ page: UInt64, _ dataCount: Int, _ key: [UInt8], _ check: inout FileCheck
    ) throws(LMDBError) {
        guard page >= 2, page <= lastPage else { return report(page, "it is not in the file", key: key, &check) }
        let header = try check.read(page)
        let (number, flags, count) = header.withUnsafeBytes { header in
            (header.little(0) as UInt64, header.little(10) as UInt16, UInt64(header.little(12) as UInt32))
        }
        let needed =
            (UInt64(FileFormat.pageHeaderByteCount + dataCount) + UInt64(check.pageByteCount) - 1)
            / UInt64(check.pageByteCount)
        guard number == page, FileFormat.PageFlags(rawValue: flags) == .overflow, count >= needed,
            page + count - 1 <= lastPage
        else { return report(page, "its header is not that of the \(needed) pages of a long value", key: key, &check) }
        for page in page..<page + count where !check.take(page) {
            return report(page, "it is used twice", key: key, &check)
        }
        counts.overflow += count
        if keys == .integers {
            let bytes = try check.read(page, count: Int(count))
            let start = FileFormat.pageHeaderByteCount
            values.append((page, Array(bytes[start..<start + dataCount])))
        }
    }

    private func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        switch keys {
        case .bytes: left.lexicographicallyPrecedes(right)
        case .integers: left.reversed().lexicographicallyPrecedes(right.reversed())
        }
    }

    private func report(_ page: UInt64, _ detail: String, key: [UInt8]? = nil, _ check: inout FileCheck) {
        check.report(page, detail, database: name, key: key ?? lastKey)
    }
}
