import Events
import Glibc
import Testing

@testable import Silo

@Suite struct MemoryTests {
    /// 300 MB go in and come out again, in pieces, without ever being in memory. In a process of its own, so that nobody else's
    /// memory is counted.
    @Test func aLargeBlobNeverIsInMemory() async throws {
        let directory = TemporaryDirectory()
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            try LargeBlob.run(path)
        }
    }
}

enum LargeBlob {
    static let byteCount = 300_000_000
    /// Three parts (as it came, encoded, decoded again), zstd's contexts, and what the test itself takes.
    static let maximumByteCount = 48 << 20

    static func run(_ path: String) throws {
        var options = Silo.Options(now: { Timestamp(seconds: 0) }, bootID: [1])
        options.shardByteCount = 1 << 30
        let silo = try Silo.open(
            directory: "\(path)/silo", locations: "\(path)/locations", mode: .writer, options: options)
        let before = anonymousByteCount()
        var most = 0
        let stream = try silo.putStream(in: .public, byteCount: byteCount)
        var random = SplitMix(1)
        var chunk = [UInt8](repeating: 0, count: 1_000_000)
        for _ in 0..<byteCount / chunk.count {
            for index in stride(from: 0, to: chunk.count, by: 97) {
                chunk[index] = UInt8(truncatingIfNeeded: random.next())
            }
            try stream.write(chunk)
            most = max(most, anonymousByteCount() - before)
        }
        guard case .stored(let info) = try stream.finish() else { exit(2) }
        try silo.flush()
        var count = 0
        try silo.read(info.sha1, in: .public) {
            count += $0.count
            most = max(most, anonymousByteCount() - before)
        }
        guard count == byteCount, try silo.verify().findings.isEmpty else { exit(3) }
        most = max(most, anonymousByteCount() - before)
        if most > maximumByteCount {
            print("\(most) bytes of anonymous memory")
            exit(4)
        }
    }

    /// `RssAnon` of this process, in bytes.
    static func anonymousByteCount() -> Int {
        let status = String(decoding: readFile("/proc/self/status"), as: UTF8.self)
        for line in status.split(separator: "\n") where line.hasPrefix("RssAnon:") {
            return (Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" })[1]) ?? 0) * 1024
        }
        return 0
    }
}
