import Events
import Glibc
import OpenSSL
import Zstd

/// How fast this machine does each stage of an import where it does nothing else: with one core, over the same files.
///
/// It goes before the import, so that both find the files in the same cache.
struct StageLimits: Sendable {
    private(set) var bytes: UInt64 = 0
    private(set) var files = 0
    private(set) var unreadable = 0
    /// Bytes of contents that had not come before.
    private(set) var distinctBytes: UInt64 = 0
    private(set) var compressedBytes: UInt64 = 0
    private(set) var readSeconds = 0.0
    private(set) var hashSeconds = 0.0
    private(set) var compressSeconds = 0.0
    private(set) var diskBytesPerSecond = 0.0
    /// Ids of some of the contents, for looking them up later.
    private(set) var sample: [SHA1Hash] = []

    /// Of larger trees a part is measured.
    static let maximumByteCount: UInt64 = 1 << 30
    /// Bytes that are compressed together, and the level: about what an import does.
    private static let frameByteCount = 256 << 10
    private static let compressionLevel = 3
    private static let maximumSampleCount = 50_000

    private init() {}

    /// - Parameter scratch: where the disk is measured.
    static func measure(
        _ directories: [[UInt8]], scratch: String, progress: (String) -> Void
    ) throws -> StageLimits {
        var warmUp = FileSweep(limit: maximumByteCount)
        try warmUp.run(directories) { _, _ in progress("reading once") }
        var limits = StageLimits()
        var sweep = FileSweep(limit: maximumByteCount)
        var stages = Stages(try Compressor(level: compressionLevel))
        let began = ContinuousClock.now
        try sweep.run(directories) { piece, isWhole in
            try stages.take(piece, isWhole, &limits)
            progress("measuring the machine")
        }
        try stages.compress(&limits)
        let seconds = (ContinuousClock.now - began).seconds
        (limits.bytes, limits.files, limits.unreadable) = (sweep.bytes, sweep.files, sweep.unreadable)
        limits.readSeconds = max(0, seconds - limits.hashSeconds - limits.compressSeconds)
        limits.diskBytesPerSecond = try DiskLimit.bytesPerSecond(in: scratch, byteCount: Int(limits.compressedBytes))
        return limits
    }

    var readBytesPerSecond: Double { Self.rate(Double(bytes), readSeconds) }
    var hashBytesPerSecond: Double { Self.rate(Double(bytes), hashSeconds) }
    var compressBytesPerSecond: Double { Self.rate(Double(distinctBytes), compressSeconds) }

    /// The best that can be asked of an import: all processors at nothing but reading, hashing and compressing, or the disk at
    /// nothing but taking in the result, whichever is slower.
    var bytesPerSecond: Double {
        let processors = (readSeconds + hashSeconds + compressSeconds) / Double(Processors.count)
        let disk = diskBytesPerSecond > 0 ? Double(compressedBytes) / diskBytesPerSecond : 0
        return Self.rate(Double(bytes), max(processors, disk))
    }

    static func rate(_ amount: Double, _ seconds: Double) -> Double { seconds > 0 ? amount / seconds : 0 }

    /// What the stages need: both hash functions, a frame that fills, the compressor.
    private struct Stages: ~Copyable {
        private var sha1 = Digest(.sha1)
        private var sha256 = Digest(.sha256)
        private var compressor: Compressor
        private var frame: [UInt8] = []
        private var target = [UInt8](repeating: 0, count: Compressor.bound(FileSweep.pieceByteCount))
        private var seen: Set<SHA1Hash> = []

        init(_ compressor: consuming Compressor) { self.compressor = compressor }

        mutating func take(_ piece: UnsafeRawBufferPointer, _ isWhole: Bool, _ limits: inout StageLimits) throws {
            var began = ContinuousClock.now
            sha1.update(Array("blob \(piece.count)\0".utf8))
            sha1.update(piece)
            let hash = SHA1Hash(sha1.finish())
            sha256.update(piece)
            _ = sha256.finish()
            limits.hashSeconds += (ContinuousClock.now - began).seconds
            guard let hash, seen.insert(hash).inserted else { return }
            if isWhole, limits.sample.count < StageLimits.maximumSampleCount { limits.sample.append(hash) }
            limits.distinctBytes += UInt64(piece.count)
            began = .now
            if frame.count + piece.count > StageLimits.frameByteCount { try compressFrame(&limits) }
            frame.append(contentsOf: piece)
            if frame.count >= StageLimits.frameByteCount { try compressFrame(&limits) }
            limits.compressSeconds += (ContinuousClock.now - began).seconds
        }

        mutating func compress(_ limits: inout StageLimits) throws {
            let began = ContinuousClock.now
            try compressFrame(&limits)
            limits.compressSeconds += (ContinuousClock.now - began).seconds
        }

        private mutating func compressFrame(_ limits: inout StageLimits) throws {
            guard !frame.isEmpty else { return }
            let count = try frame.withUnsafeBytes { frame in
                try target.withUnsafeMutableBytes { try compressor.compress(frame, into: $0) }
            }
            limits.compressedBytes += UInt64(min(count, frame.count))
            frame.removeAll(keepingCapacity: true)
        }
    }
}

/// How fast the disk takes in bytes that have to be durable.
enum DiskLimit {
    /// As many bytes as the import keeps are written, within these bounds.
    private static let byteCounts = (8 << 20)...(256 << 20)
    private static let pieceByteCount = 1 << 20

    static func bytesPerSecond(in directory: String, byteCount: Int) throws -> Double {
        let wanted = min(max(byteCount, byteCounts.lowerBound), byteCounts.upperBound)
        // Not zeros: some file systems keep those without writing them.
        var generator = SystemRandomNumberGenerator()
        let words = (0..<pieceByteCount / 8).map { _ in generator.next() }
        let path = directory + "/disk"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        let began = ContinuousClock.now
        var written = 0
        while written < wanted {
            let count = words.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure(path) }
            written += count
        }
        guard fsync(descriptor) == 0 else { throw failure(path) }
        let seconds = (ContinuousClock.now - began).seconds
        guard unlink(path) == 0 else { throw failure(path) }
        return StageLimits.rate(Double(written), seconds)
    }

    private static func failure(_ path: String) -> CommandError {
        CommandError(
            "measuring the disk at \(path): \(String(cString: strerror(errno))). TMPDIR names a directory with room")
    }
}
