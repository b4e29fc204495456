import Events
import Glibc
import OpenSSL

@testable import Silo

/// A directory that is gone with the object.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/silo-test-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = mkdtemp(base) else {
                fatalError("no temporary directory: errno \(errno)")
            }
            return String(cString: made)
        }
    }

    deinit { Self.remove(path) }

    var silo: String { "\(path)/silo" }
    var locations: String { "\(path)/locations" }

    static func remove(_ path: String) {
        for name in names(path) {
            let child = "\(path)/\(name)"
            if unlink(child) != 0 { remove(child) }
        }
        rmdir(path)
    }

    static func names(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var result: [String] = []
        while let next = readdir(stream) {
            let name = withUnsafePointer(to: &next.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { result.append(name) }
        }
        return result.sorted()
    }

    func open(
        _ mode: Silo.Mode = .writer, boot: String = "boot", disk: Disk = Disk(),
        _ change: (inout Silo.Options) -> Void = { _ in }
    ) throws -> Silo {
        var options = Silo.Options(now: { Timestamp(seconds: 1_700_000_000) }, bootID: Array(boot.utf8))
        options.frameByteCount = 4 << 10
        options.partByteCount = 16 << 10
        change(&options)
        return try Silo.open(directory: silo, locations: locations, mode: mode, options: options, disk: disk)
    }

    /// The only file of the store.
    var shardPath: String {
        let names = Self.names(silo)
        precondition(names.count == 1, "one shard was expected: \(names)")
        return "\(silo)/\(names[0])"
    }
}

func readFile(_ path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    precondition(descriptor >= 0, "\(path) is not there")
    defer { close(descriptor) }
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count <= 0 { return result }
        result += buffer[..<count]
    }
}

func writeFile(_ path: String, _ bytes: [UInt8]) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0 && write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
}

struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Bytes that compress more or less well.
    mutating func content(_ count: Int) -> [UInt8] {
        let alphabet = [2, 20, 256][below(3)]
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: below(alphabet)) }
    }
}

/// Hashes by other means than the store's own.
func gitHash(_ content: [UInt8]) -> SHA1Hash {
    guard let hash = SHA1Hash(Digest.hash(.sha1, Array("blob \(content.count)\0".utf8) + content)) else { fatalError() }
    return hash
}

extension Silo {
    /// Puts, and expects it to be new.
    func store(_ content: [UInt8], in domain: Domain = .public) throws -> SHA1Hash {
        guard case .stored(let info) = try put(content, in: domain) else {
            throw SiloError(.inputOutput, "expected a new blob")
        }
        return info.sha1
    }
}
