/// The layout of an LMDB 0.9 data file on a 64-bit little-endian machine, as far as a check of its pages needs it. All integers are
/// little-endian.
///
/// | page header | size | |
/// |---|---|---|
/// | 0 | 8 | the page's own number |
/// | 8 | 2 | pad |
/// | 10 | 2 | flags: 1 branch, 2 leaf, 4 overflow, 8 meta |
/// | 12 | 2 | end of the array of node offsets, which begins at 16 |
/// | 14 | 2 | start of the nodes, which fill the page from its end |
/// | 12 | 4 | overflow page: how many pages follow each other |
///
/// | meta page (0 and 1), from 16 | size | |
/// |---|---|---|
/// | 0 | 4 | 0xBEEFC0DE |
/// | 4 | 4 | version: 1 |
/// | 8 | 8 | address of the map; not used |
/// | 16 | 8 | size of the map |
/// | 24 | 48 | the tree of free pages (its pad is the page size) |
/// | 72 | 48 | the tree of named databases |
/// | 120 | 8 | last page in use |
/// | 128 | 8 | transaction |
///
/// | tree | size | |
/// |---|---|---|
/// | 0 | 4 | pad |
/// | 4 | 2 | flags |
/// | 6 | 2 | depth |
/// | 8 | 8 + 8 + 8 | branch, leaf and overflow pages |
/// | 32 | 8 | entries |
/// | 40 | 8 | root page; 2^64 − 1: none |
///
/// | node | size | |
/// |---|---|---|
/// | 0 | 4 | leaf: length of the data; branch: low part of the child's page number |
/// | 4 | 2 | leaf: flags, 1 data in an overflow page, 2 the data are a tree; branch: high part of the number |
/// | 6 | 2 | length of the key |
/// | 8 | … | key, data |
enum FileFormat {
    static let pageHeaderByteCount = 16
    static let metaEnd = pageHeaderByteCount + 136
    static let magic: UInt32 = 0xBEEF_C0DE
    static let version: UInt32 = 1
    static let nodeHeaderByteCount = 8
    static let treeByteCount = 48
    static let noPage = UInt64.max
    /// LMDB's own limit on the depth of a tree.
    static let maximumDepth = 32
    static let maximumKeyByteCount = 511

    struct PageFlags: OptionSet {
        let rawValue: UInt16
        static let branch = PageFlags(rawValue: 1)
        static let leaf = PageFlags(rawValue: 2)
        static let overflow = PageFlags(rawValue: 4)
        static let meta = PageFlags(rawValue: 8)
    }

    struct NodeFlags: OptionSet {
        let rawValue: UInt16
        static let overflow = NodeFlags(rawValue: 1)
        static let tree = NodeFlags(rawValue: 2)
    }

    struct Tree {
        var pad: UInt32
        var flags: UInt16
        var depth: Int
        var branchPages: UInt64
        var leafPages: UInt64
        var overflowPages: UInt64
        var entries: UInt64
        var root: UInt64

        /// - Parameter bytes: at least 48.
        init(_ bytes: UnsafeRawBufferPointer) {
            pad = bytes.little(0)
            flags = bytes.little(4)
            depth = Int(bytes.little(6) as UInt16)
            branchPages = bytes.little(8)
            leafPages = bytes.little(16)
            overflowPages = bytes.little(24)
            entries = bytes.little(32)
            root = bytes.little(40)
        }
    }

    struct Meta {
        var number: UInt64
        var flags: UInt16
        var magic: UInt32
        var version: UInt32
        var mapByteCount: UInt64
        var free: Tree
        var main: Tree
        var lastPage: UInt64
        var transaction: UInt64

        /// - Parameter page: at least `metaEnd` bytes.
        init(_ page: UnsafeRawBufferPointer) {
            number = page.little(0)
            flags = page.little(10)
            let start = FileFormat.pageHeaderByteCount
            magic = page.little(start)
            version = page.little(start + 4)
            mapByteCount = page.little(start + 16)
            free = Tree(UnsafeRawBufferPointer(rebasing: page[(start + 24)...]))
            main = Tree(UnsafeRawBufferPointer(rebasing: page[(start + 72)...]))
            lastPage = page.little(start + 120)
            transaction = page.little(start + 128)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The little-endian integer at an offset that was checked to be inside.
    func little<Word: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Word {
        Word(littleEndian: loadUnaligned(fromByteOffset: offset, as: Word.self))
    }
}
