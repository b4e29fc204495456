/// Reads and writes tree objects: `MODE NAME\0` and 20 bytes of id, entry after entry, in Git's order.
public enum Tree {
    /// Reads a tree.
    ///
    /// Unsafe names are no error here (see `TreeEntry.unsafeName`), because a tree that holds one can be recorded with
    /// that entry left out. What would make the entries ambiguous, or a hash that cannot be computed again, is refused:
    /// a mode that is not octal, a missing id, entries out of order or twice.
    ///
    /// - Throws: `malformedTree` with the entry's offset.
    public static func parse(_ content: UnsafeRawBufferPointer) throws(GitFormatError) -> [TreeEntry] {
        var entries: [TreeEntry] = []
        // The shortest entry with a one-byte name takes 28 bytes; most take some more.
        entries.reserveCapacity(content.count / 36 + 1)
        var position = 0
        while position < content.count {
            let start = position
            var mode: UInt32 = 0
            let firstDigit = content[position]
            while position < content.count, content[position] != UInt8(ascii: " ") {
                let digit = content[position]
                guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "7"), position - start < maxModeDigits else {
                    throw malformed("the mode is not octal", at: start)
                }
                mode = mode << 3 | UInt32(digit - UInt8(ascii: "0"))
                position += 1
            }
            let isPadded = firstDigit == UInt8(ascii: "0")
            let digits = (32 - mode.leadingZeroBitCount + 2) / 3
            guard mode > 0, position < content.count, position - start == digits + (isPadded ? 1 : 0) else {
                throw malformed("the mode is not one that Git writes", at: start)
            }
            position += 1
            let nameStart = position
            while position < content.count, content[position] != 0 { position += 1 }
            let nameEnd = position
            position += 1
            guard position + ObjectID.byteCount <= content.count,
                let id = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: content[position...]))
            else { throw malformed("the tree ends inside an entry", at: start) }
            position += ObjectID.byteCount
            let entry = TreeEntry(
                mode: FileMode(rawValue: mode), name: Array(content[nameStart..<nameEnd]), id: id,
                isModePadded: isPadded)
            if let last = entries.last, !precedes(last, entry) {
                throw malformed("the entries are out of order, or one stands twice", at: start)
            }
            entries.append(entry)
        }
        try refuseTwins(entries)
        return entries
    }

    /// Reads a tree.
    public static func parse(_ content: [UInt8]) throws -> [TreeEntry] {
        try content.withUnsafeBytes { try parse($0) }
    }

    /// Writes a tree from entries in any order.
    public static func serialize(_ entries: [TreeEntry]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(entries.reduce(0) { $0 + $1.name.count + 29 })
        for entry in entries.sorted(by: precedes) {
            if entry.isModePadded { output.append(UInt8(ascii: "0")) }
            appendOctal(entry.mode.rawValue, to: &output)
            output.append(UInt8(ascii: " "))
            output.append(contentsOf: entry.name)
            output.append(0)
            entry.id.withUnsafeBytes { output.append(contentsOf: $0) }
        }
        return output
    }

    private static func appendOctal(_ value: UInt32, to output: inout [UInt8]) {
        var shift = max(0, (31 - value.leadingZeroBitCount) / 3 * 3)
        while shift >= 0 {
            output.append(UInt8(ascii: "0") + UInt8(value >> UInt32(shift) & 7))
            shift -= 3
        }
    }

    /// The id of the tree that holds these entries.
    public static func hash(_ entries: [TreeEntry], with hasher: inout ObjectHasher) -> ObjectID {
        hasher.hash(.tree, serialize(entries))
    }

    /// Git's order: byte by byte, a directory's name as if it ended in a slash.
    public static func precedes(_ left: TreeEntry, _ right: TreeEntry) -> Bool {
        let shared = min(left.name.count, right.name.count)
        for index in 0..<shared where left.name[index] != right.name[index] {
            return left.name[index] < right.name[index]
        }
        return byte(of: left, at: shared) < byte(of: right, at: shared)
    }

    private static func byte(of entry: TreeEntry, at index: Int) -> UInt8 {
        if index < entry.name.count { return entry.name[index] }
        return entry.mode.isDirectory && index == entry.name.count ? UInt8(ascii: "/") : 0
    }

    /// A file and a directory of one name need not be neighbours in Git's order (`a`, `a.c`, `a/`).
    private static func refuseTwins(_ entries: [TreeEntry]) throws(GitFormatError) {
        var open: [[UInt8]] = []
        for entry in entries {
            while let name = open.last, !entry.name.starts(with: name) { open.removeLast() }
            if entry.mode.isDirectory {
                if open.contains(entry.name) { throw malformed("a name stands twice", at: nil) }
            } else {
                open.append(entry.name)
            }
        }
    }

    private static func malformed(_ reason: String, at offset: Int?) -> GitFormatError {
        GitFormatError(.malformedTree, "the tree is malformed: \(reason)", offset: offset.map(UInt64.init))
    }

    /// Six digits, and one more for a padded one.
    private static let maxModeDigits = 7
}
