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
    private let compressionLevel: Int
    private var encoded = ScratchBuffer()
    private var decoded = ScratchBuffer()
    private var loaded = ScratchBuffer()

    /// A payload is kept as it is unless Zstandard saves at least this part of it (1/32): it is read faster then.
    private static let leastSavedPart = 32

    init(compressionLevel: Int) {
        self.compressionLevel = compressionLevel
    }

    /// Memory for a frame on its way from a file. Valid until the next call.
    func frameMemory(_ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: loaded.reserve(count)[..<count])
    }

    /// `payload` as it is to stand in a frame. What was compressed is decompressed again and compared, before anybody
    /// relies on it. Valid until the next call.
    func encode(_ payload: UnsafeRawBufferPointer) throws(SiloError) -> (FrameEncoding, UnsafeRawBufferPointer) {
        do throws(ZstdError) {
            let target = encoded.reserve(Compressor.bound(payload.count))
            let count = try compress(payload, into: target)
            guard count < payload.count - payload.count / Self.leastSavedPart else { return (.stored, payload) }
            let result = UnsafeRawBufferPointer(rebasing: target[..<count])
            let check = decoded.reserve(payload.count)
            let checked = try decompress(result, into: .init(rebasing: check[..<payload.count]))
            if checked == payload.count, let left = check.baseAddress, let right = payload.baseAddress,
                memcmp(left, right, payload.count) == 0
            {
                return (.zstd, result)
            }
        } catch {
            throw SiloError(.inputOutput, "encoding \(payload.count) bytes: \(error)")
        }
        throw SiloError(
            .damaged, "\(payload.count) bytes do not decompress to what they were; suspect this machine's memory")
    }

    /// Decodes the payload of a frame whose checksum has been held against it.
    ///
    /// - Parameter output: `head.rawByteCount` bytes.
    func decode(
        _ payload: UnsafeRawBufferPointer, of head: FrameHead, shard: ShardID,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SiloError) {
        if let unknown = head.unknown { throw SiloError.unknown(unknown, shard) }
        switch head.encoding {
        case .zstd:
            do throws(ZstdError) {
                if try decompress(payload, into: output) == output.count { return }
            } catch {
                throw SiloError.damaged("a frame does not decompress (\(error))", shard)
            }
        default:
            if payload.count == output.count {
                output.copyMemory(from: payload)
                return
            }
        }
        throw SiloError.damaged("a frame decodes to another length than it says", shard)
    }

    private func compress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        if compressor == nil { compressor = try Compressor(level: compressionLevel) }
        return try compressor?.compress(source, into: target) ?? 0
    }

    private func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        if decompressor == nil { decompressor = try Decompressor() }
        return try decompressor?.decompress(source, into: target) ?? 0
    }
}

/// The workbenches that nobody uses at the moment; as many are made as threads work at once.
final class WorkbenchPool: Sendable {
    private let free = Mutex<[Workbench]>([])
    private let compressionLevel: Int

    init(compressionLevel: Int) {
        self.compressionLevel = compressionLevel
    }

    func with<R, E: Error>(_ body: (Workbench) throws(E) -> R) throws(E) -> R {
        let bench = free.withLock { $0.popLast() } ?? Workbench(compressionLevel: compressionLevel)
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
