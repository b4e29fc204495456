import CLMDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Something in a data file that LMDB would trip over.
public struct FileDamage: Sendable, Equatable, CustomStringConvertible {
    /// The page of the file.
    public let page: UInt64
    /// The database that it belongs to, and the first key that lies in it or behind it, as far as they are known.
    public let database: String?
    public let key: [UInt8]?
    /// What is wrong, in words.
    public let detail: String

    public var description: String { "page \(page): \(detail)" }
}

/// Walks the pages of a closed data file without LMDB, which trusts what it reads: a damaged page can end the process there.
///
/// Checked are both meta pages, every page of every tree, the order of keys, the numbers of pages and entries, and that no page
/// belongs to two places or is free and in use. Contents are not read.
public struct FileCheck: ~Copyable {
    let file: Int32
    let path: String
    let pageByteCount: Int
    let pageCount: UInt64
    /// Which pages a tree holds.
    var used: [UInt64]
    var findings: [FileDamage] = []

    /// More damage is not looked for.
    public static let maximumFindings = 32

    /// Checks `data.mdb` in a directory. Nobody may write it meanwhile.
    ///
    /// - Returns: what is wrong; a directory without a file has nothing wrong.
    /// - Throws: `LMDBError` where the file cannot be read.
    public static func check(directory: String) throws(LMDBError) -> [FileDamage] {
        let path = directory + "/data.mdb"
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return [] }
            throw LMDBError(code: .init(rawValue: errno), call: "open", path: path)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            throw LMDBError(code: .init(rawValue: errno), call: "fstat", path: path)
        }
        var head = [UInt8](repeating: 0, count: FileFormat.metaEnd)
        guard pread(file, &head, head.count, 0) == head.count else {
            return status.st_size == 0 ? [] : [damage(0, "the file is cut within its first page")]
        }
        let size = head.withUnsafeBytes { Int(FileFormat.Meta($0).free.pad) }
        guard size >= 512, size <= 65_536, size.nonzeroBitCount == 1 else {
            return [damage(0, "the page size is given as \(size)")]
        }
        let count = UInt64(status.st_size) / UInt64(size)
        guard count >= 2 else { return [damage(0, "the file is cut within its first pages")] }
        var check = FileCheck(file: file, path: path, pageByteCount: size, pageCount: count)
        try check.run()
        return check.findings
    }

    private init(file: Int32, path: String, pageByteCount: Int, pageCount: UInt64) {
        self.file = file
        self.path = path
        self.pageByteCount = pageByteCount
        self.pageCount = pageCount
        used = [UInt64](repeating: 0, count: Int(pageCount / 64) + 1)
    }

    private static func damage(_ page: UInt64, _ detail: String) -> FileDamage {
        FileDamage(page: page, database: nil, key: nil, detail: detail)
    }

    mutating func report(_ page: UInt64, _ detail: String, database: String? = nil, key: [UInt8]? = nil) {
        guard findings.count < Self.maximumFindings else { return }
        findings.append(FileDamage(page: page, database: database, key: key, detail: detail))
    }

    var isFull: Bool { findings.count >= Self.maximumFindings }

    private mutating func run() throws(LMDBError) {
        guard let meta = try checkMetas() else { return }
        guard meta.lastPage < pageCount else {
            return report(0, "the file has \(pageCount) pages, and \(meta.lastPage + 1) are in use: it is cut")
        }
        for page in [0, 1] as [UInt64] { _ = take(page) }
        var walk = TreeWalk(name: nil, keys: .bytes, lastPage: meta.lastPage)
        try walk.run(meta.main, &self)
        for (name, tree) in walk.trees {
            var walk = TreeWalk(name: name, keys: .bytes, lastPage: meta.lastPage)
            try walk.run(tree, &self)
        }
        var free = TreeWalk(name: "free pages", keys: .integers, lastPage: meta.lastPage)
        try free.run(meta.free, &self)
        for list in free.values { checkFree(list, lastPage: meta.lastPage) }
    }

    /// The meta page that LMDB will use; nil where there is none.
    private mutating func checkMetas() throws(LMDBError) -> FileFormat.Meta? {
        var metas: [FileFormat.Meta] = []
        for number in [0, 1] as [UInt64] {
            let page = try read(number)
            let meta = page.withUnsafeBytes { FileFormat.Meta($0) }
            if meta.magic != FileFormat.magic || meta.version != FileFormat.version || meta.number != number
                || FileFormat.PageFlags(rawValue: meta.flags) != .meta || Int(meta.free.pad) != pageByteCount
            {
                report(number, "it is no meta page of this format")
            }
            metas.append(meta)
        }
        guard findings.isEmpty else { return nil }
        // Transactions write the two in turns, so the older one is the one before; a new file has 0 in both.
        let (even, odd) = (metas[0], metas[1])
        let newest = max(even.transaction, odd.transaction)
        let oldest = min(even.transaction, odd.transaction)
        guard newest - oldest == 1 || newest == 0, newest == 0 || metas[Int(newest & 1)].transaction == newest else {
            report(newest == even.transaction ? 0 : 1, "the transactions of the meta pages are \(oldest) and \(newest)")
            return nil
        }
        return newest == even.transaction ? even : odd
    }

    private mutating func checkFree(_ list: (page: UInt64, bytes: [UInt8]), lastPage: UInt64) {
        list.bytes.withUnsafeBytes { bytes in
            guard bytes.count >= 8, (bytes.little(0) as UInt64) <= UInt64(bytes.count / 8 - 1) else {
                return report(list.page, "a list of free pages is cut")
            }
            for index in 0..<Int(bytes.little(0) as UInt64) {
                let page: UInt64 = bytes.little(8 + 8 * index)
                guard page >= 2, page <= lastPage, take(page) else {
                    return report(list.page, "page \(page) is listed as free, and is in use or not there")
                }
            }
        }
    }

    /// Notes that a page is in use; false where it was already.
    mutating func take(_ page: UInt64) -> Bool {
        let (word, bit) = (Int(page / 64), page % 64)
        guard used[word] >> bit & 1 == 0 else { return false }
        used[word] |= 1 << bit
        return true
    }

    /// A page, or several in a row.
    func read(_ page: UInt64, count: Int = 1) throws(LMDBError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: pageByteCount * count)
        var done = 0
        while done < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                pread(
                    file, $0.baseAddress.map { $0 + done }, $0.count - done,
                    off_t(page) * off_t(pageByteCount) + off_t(done))
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                throw LMDBError(code: .init(rawValue: got < 0 ? errno : EIO), call: "pread", path: path)
            }
            done += got
        }
        return bytes
    }
}
