import Events
import Glibc
import OpenSSL
import Synchronization
import Zstd

/// What one thread needs to hash, encode and decode: contexts and memory that are expensive to make.
final class Workbench: @unchecked Sendable {
    // Sendable, because whoever took it from its pool is the only one that uses it.
    var hasher = BlobHasher()
    var digest = Digest(.sha256)
    private var compressor: Compressor?
    private var decompressor: Decompressor?
    private var encoded = ScratchBuffer()
    private var alone = ScratchBuffer()
    private var decoded = ScratchBuffer()
    private var loaded = ScratchBuffer()

    /// A payload is kept as it is unless Zstandard saves at least this part of it (1/32): it is read faster then.
    private static let leastSavedPart = 32

    func sha256(_ bytes: UnsafeRawBufferPointer) -> SHA256Hash {
        digest.update(bytes)
        return SHA256Hash.finish(&digest)
    }

    /// Memory for a frame on its way from a file. Valid until the next call.
    func frameMemory(_ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: loaded.reserve(count)[..<count])
    }

    /// A payload as it is to stand in a frame.
    struct Encoded {
        var encoding: FrameEncoding
        /// Valid until the workbench encodes the next one.
        var bytes: UnsafeRawBufferPointer
        /// It is a difference from the prefix that was offered.
        var isDifference = false
    }

    /// `payload` as it is to stand in a frame. What was compressed is decompressed again and compared, before anybody
    /// relies on it.
    ///
    /// - Parameters:
    ///   - prefix: what the payload may be kept as a difference from, where that is worth it.
    ///   - prepared: the same, where it is used again and again.
    ///   - blockByteCount: where a reader may stop decoding; nil: nobody wants less than all of it.
    func encode(
        _ payload: UnsafeRawBufferPointer, prefix: DecodedFrame? = nil, prepared: PreparedPrefix? = nil, level: Int,
        blockByteCount: Int? = nil
    ) throws(SiloError) -> Encoded {
        let block = blockByteCount ?? max(payload.count, 1)
        do throws(ZstdError) {
            if let prefix, !prefix.bytes.isEmpty, !payload.isEmpty {
                let count = try withBytes(of: prefix) { (prefix) throws(ZstdError) in
                    try compress(payload, prefix, prepared, level, block)
                }
                // What many share is at hand when they are read: any gain is one.
                let isWorthIt =
                    prepared != nil
                    ? count < payload.count - payload.count / Self.leastSavedPart
                    : try isWorthReading(count, payload, level, block)
                if isWorthIt {
                    let bytes = UnsafeRawBufferPointer(rebasing: encoded.bytes[..<count])
                    if try decodes(bytes, prefix, payload) {
                        return Encoded(encoding: .zstd, bytes: bytes, isDifference: true)
                    }
                }
            }
            let none = UnsafeRawBufferPointer(start: nil, count: 0)
            let count = try compress(payload, none, nil, level, block)
            guard count < payload.count - payload.count / Self.leastSavedPart else {
                return Encoded(encoding: .stored, bytes: payload)
            }
            let bytes = UnsafeRawBufferPointer(rebasing: encoded.bytes[..<count])
            if try decodes(bytes, nil, payload) { return Encoded(encoding: .zstd, bytes: bytes) }
        } catch {
            throw SiloError(.inputOutput, "encoding \(payload.count) bytes: \(error)")
        }
        throw SiloError(
            .damaged, "\(payload.count) bytes do not decompress to what they were; suspect this machine's memory")
    }

    /// A difference that takes at most this part of the content (1/8) is worth its reading without a look at what the
    /// content would take by itself.
    private static let surelyWorthPart = 8
    /// Otherwise it has to save this part (1/4) of that.
    private static let leastGainPart = 4

    /// Whether a difference of `count` bytes is worth reading what it is taken from.
    private func isWorthReading(
        _ count: Int, _ payload: UnsafeRawBufferPointer, _ level: Int, _ block: Int
    ) throws(ZstdError) -> Bool {
        if count < payload.count / Self.surelyWorthPart { return true }
        let target = alone.reserve(Compressor.bound(payload.count, blockByteCount: block))
        let other = try compressor?.compress(payload, level: level, blockByteCount: block, into: target) ?? 0
        return count < other - other / Self.leastGainPart
    }

    private func decodes(
        _ bytes: UnsafeRawBufferPointer, _ prefix: DecodedFrame?, _ payload: UnsafeRawBufferPointer
    ) throws(ZstdError) -> Bool {
        let check = UnsafeMutableRawBufferPointer(rebasing: decoded.reserve(payload.count)[..<payload.count])
        let count = try withBytes(of: prefix) { (prefix) throws(ZstdError) in try decompress(bytes, prefix, check) }
        guard count == payload.count else { return false }
        guard let left = check.baseAddress, let right = payload.baseAddress else { return payload.isEmpty }
        return memcmp(left, right, payload.count) == 0
    }

    /// Decodes the payload of a frame, or what was encrypted there.
    ///
    /// - Parameter opened: the payload in clear, where it does not stand there so.
    func decode(
        _ payload: UnsafeRawBufferPointer, opened: [UInt8]?, of head: FrameHead, prefix: DecodedFrame? = nil,
        shard: ShardID, into output: UnsafeMutableRawBufferPointer
    ) throws(SiloError) {
        guard let opened else { return try decode(payload, of: head, prefix: prefix, shard: shard, into: output) }
        let result: Result<Void, SiloError> = opened.withUnsafeBytes { opened in
            do throws(SiloError) {
                return .success(try decode(opened, of: head, prefix: prefix, shard: shard, into: output))
            } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Decodes the payload of a frame.
    ///
    /// - Parameters:
    ///   - prefix: the frame that `head` names as base.
    ///   - output: `head.rawByteCount` bytes, or fewer where no more are wanted.
    func decode(
        _ payload: UnsafeRawBufferPointer, of head: FrameHead, prefix: DecodedFrame? = nil, shard: ShardID,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SiloError) {
        if let unknown = head.unknown { throw SiloError.unknown(unknown, shard) }
        switch head.encoding {
        case .zstd:
            let count: Int
            do throws(ZstdError) {
                count = try withBytes(of: prefix) { (prefix) throws(ZstdError) in
                    output.count == head.rawByteCount
                        ? try decompress(payload, prefix, output) : try decompress(payload, prefix, startInto: output)
                }
            } catch {
                throw SiloError.damaged("a frame does not decompress (\(error))", shard)
            }
            if count == output.count { return }
        default:
            if payload.count == head.rawByteCount {
                output.copyMemory(from: UnsafeRawBufferPointer(rebasing: payload[..<output.count]))
                return
            }
        }
        throw SiloError.damaged("a frame decodes to another length than it says", shard)
    }

    private func withBytes(
        of frame: DecodedFrame?, _ body: (UnsafeRawBufferPointer) throws(ZstdError) -> Int
    ) throws(ZstdError) -> Int {
        guard let frame else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        let result: Result<Int, ZstdError> = frame.bytes.withUnsafeBytes { bytes in
            do throws(ZstdError) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Compresses into `encoded`.
    private func compress(
        _ source: UnsafeRawBufferPointer, _ prefix: UnsafeRawBufferPointer, _ prepared: PreparedPrefix?, _ level: Int,
        _ block: Int
    ) throws(ZstdError) -> Int {
        let target = encoded.reserve(Compressor.bound(source.count, blockByteCount: block))
        if compressor == nil { compressor = try Compressor() }
        if let prepared {
            return try compressor?.compress(
                source, prepared: prepared, level: level, blockByteCount: block, into: target) ?? 0
        }
        return try compressor?.compress(source, prefix: prefix, level: level, blockByteCount: block, into: target) ?? 0
    }

    private func decompress(
        _ source: UnsafeRawBufferPointer, _ prefix: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        if decompressor == nil { decompressor = try Decompressor() }
        return try decompressor?.decompress(source, prefix: prefix, into: target) ?? 0
    }

    private func decompress(
        _ source: UnsafeRawBufferPointer, _ prefix: UnsafeRawBufferPointer,
        startInto target: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        if decompressor == nil { decompressor = try Decompressor() }
        return try decompressor?.decompress(source, prefix: prefix, startInto: target) ?? 0
    }
}

/// The workbenches that nobody uses at the moment; as many are made as threads work at once.
final class WorkbenchPool: Sendable {
    private let free = Mutex<[Workbench]>([])
    func with<R, E: Error>(_ body: (Workbench) throws(E) -> R) throws(E) -> R {
        let bench = free.withLock { $0.popLast() } ?? Workbench()
        defer { free.withLock { $0.append(bench) } }
        do {
            return try body(bench)
        } catch {
            // It may have taken in the beginning of something.
            bench.digest.reset()
            throw error
        }
    }
}
