import LMDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A directory that is removed, with what is in it, when the last reference goes.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/lmdb-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw LMDBError(code: .init(rawValue: errno), call: "mkdtemp")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        // Environments lie flat, or one directory down.
        for name in ["data.mdb", "lock.mdb", "copy/data.mdb", "copy/lock.mdb"] { unlink("\(path)/\(name)") }
        rmdir("\(path)/copy")
        rmdir(path)
    }
}

extension RawSpan {
    var array: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension EnvironmentOptions {
    /// Small and unsynced, for tests that are not about durability.
    static let test = EnvironmentOptions {
        $0.mapSizeBytes = 64 << 20
        $0.isSynchronous = false
    }
}
