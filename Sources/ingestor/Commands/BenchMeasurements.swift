import Events
import Glibc
import OpenSSL
import Queries

/// What an import took.
struct ImportMeasurement: Sendable {
    var files: UInt64 = 0
    var bytes: UInt64 = 0
    var seconds: Double = 0
    var statistics = StoreStatistics()
}

/// How fast one core reads the files below some directories and takes their SHA-1. It goes before the measurement, so that
/// both find the files in the same cache.
struct HashingLimit {
    private var bytes: UInt64 = 0
    private var files = 0
    private var seconds: Double = 0

    var bytesPerSecond: Double { seconds > 0 ? Double(bytes) / seconds : 0 }

    mutating func measure(_ directory: [UInt8], progress: (Int) -> Void) {
        walk(directory, isMeasured: false, progress: progress)
        let began = ContinuousClock.now
        walk(directory, isMeasured: true, progress: progress)
        seconds += (ContinuousClock.now - began).seconds
    }

    private mutating func walk(_ directory: [UInt8], isMeasured: Bool, progress: (Int) -> Void) {
        var waiting = [directory]
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while let next = waiting.popLast() {
            guard let names = Self.names(next) else { continue }
            for name in names where name != Array(".git".utf8) {
                let path = next + [UInt8(ascii: "/")] + name
                var status = stat()
                guard path.withCString({ lstat($0, &status) }) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFDIR: waiting.append(path)
                case S_IFREG:
                    let count = Self.hash(path, &buffer)
                    if isMeasured { bytes += count } else { files += 1 }
                    progress(files)
                default: continue
                }
            }
        }
    }

    private static func names(_ directory: [UInt8]) -> [[UInt8]]? {
        guard let handle = directory.withCString({ opendir($0) }) else { return nil }
        defer { closedir(handle) }
        var names: [[UInt8]] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        return names
    }

    /// Files that cannot be opened count as empty: the import records them as unreadable.
    private static func hash(_ path: [UInt8], _ buffer: inout [UInt8]) -> UInt64 {
        let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var digest = Digest(.sha1)
        var total: UInt64 = 0
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            total += UInt64(count)
            buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        _ = digest.finish()
        return total
    }
}
