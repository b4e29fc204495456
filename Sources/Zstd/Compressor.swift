import CZstd

/// Compresses whole buffers into single Zstandard frames (RFC 8878) that carry their content size. One context is
/// kept and used again: allocating one costs more than compressing a source file.
///
/// Move-only, because the context of libzstd behind it is mutable and owned by one place at a time.
public struct Compressor: ~Copyable {
    private let context: OpaquePointer
    /// Compression level, 1 (fast) to 19 (small); 3 is libzstd's default.
    public private(set) var level: Int

    /// The levels that libzstd knows, without those that want more than 8 MiB of window.
    public static let levels = 1...19

    /// - Parameter level: one of ``levels``; what is outside is moved to the nearest one.
    /// - Throws: `ZstdError` with ``ZstdError/Code/outOfMemory``.
    public init(level: Int = 3) throws(ZstdError) {
        guard let context = ZSTD_createCCtx() else {
            throw ZstdError(.outOfMemory, "no memory for a compression context")
        }
        let level = min(max(level, Self.levels.lowerBound), Self.levels.upperBound)
        do throws(ZstdError) {
            _ = try checked(
                ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(level)),
                while: "setting the compression level")
        } catch {
            ZSTD_freeCCtx(context)
            throw error
        }
        self.context = context
        self.level = level
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    /// Most raw bytes of one block of Zstandard (RFC 8878, 3.1.1.2.4).
    public static let maximumBlockByteCount = 128 << 10

    /// The most bytes that `count` bytes can take when compressed.
    public static func bound(_ count: Int) -> Int { ZSTD_compressBound(count) }

    /// Compresses `source` into the beginning of `destination`.
    ///
    /// - Returns: how many bytes were written.
    /// - Throws: `ZstdError`; ``ZstdError/Code/outputTooLarge`` cannot happen with ``bound(_:)`` bytes.
    public mutating func compress(
        _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        try checked(
            ZSTD_compress2(context, destination.baseAddress, destination.count, source.baseAddress, source.count),
            while: "compressing \(source.count) bytes")
    }

    /// Compresses `source` as a difference, at a level of its own, and in blocks that end where a reader may want to stop.
    ///
    /// - Parameters:
    ///   - prefix: what the content is like; whoever decompresses has to have it. Empty: nothing.
    ///   - level: one of ``levels``; what is outside is moved to the nearest one. It stays until it is set again.
    ///   - blockByteCount: bytes of `source` after which a block ends, at most 128 KiB. Whoever wants only the beginning
    ///     decompresses whole blocks.
    /// - Returns: how many bytes were written.
    /// - Throws: `ZstdError`; ``ZstdError/Code/outputTooLarge`` where `destination` is too small:
    ///   ``bound(_:blockByteCount:)`` bytes suffice.
    public mutating func compress(
        _ source: UnsafeRawBufferPointer, prefix: UnsafeRawBufferPointer = .init(start: nil, count: 0), level: Int,
        blockByteCount: Int, into destination: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        _ = try checked(ZSTD_CCtx_reset(context, ZSTD_reset_session_only), while: "beginning a frame")
        try set(level)
        if !prefix.isEmpty {
            _ = try checked(ZSTD_CCtx_refPrefix(context, prefix.baseAddress, prefix.count), while: "setting a prefix")
        }
        return try compress(source, blockByteCount: blockByteCount, into: destination)
    }

    /// Compresses `source` as a difference from a prefix that is used again and again.
    ///
    /// - Throws: `ZstdError`, as ``compress(_:prefix:level:blockByteCount:into:)``.
    public mutating func compress(
        _ source: UnsafeRawBufferPointer, prepared: PreparedPrefix, level: Int, blockByteCount: Int,
        into destination: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        _ = try checked(ZSTD_CCtx_reset(context, ZSTD_reset_session_only), while: "beginning a frame")
        try set(level)
        _ = try checked(ZSTD_CCtx_refCDict(context, prepared.dictionary), while: "setting a prefix")
        defer { ZSTD_CCtx_refCDict(context, nil) }
        return try compress(source, blockByteCount: blockByteCount, into: destination)
    }

    private mutating func compress(
        _ source: UnsafeRawBufferPointer, blockByteCount: Int, into destination: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        // Its own blocks do not get longer, and whoever has the whole content is served faster at once.
        if blockByteCount >= min(source.count, Self.maximumBlockByteCount) {
            return try compress(source, into: destination)
        }
        _ = try checked(ZSTD_CCtx_setPledgedSrcSize(context, UInt64(source.count)), while: "announcing the size")
        var output = ZSTD_outBuffer(dst: destination.baseAddress, size: destination.count, pos: 0)
        var input = ZSTD_inBuffer(src: source.baseAddress, size: 0, pos: 0)
        repeat {
            input.size = min(input.size + max(blockByteCount, 1), source.count)
            let directive = input.size == source.count ? ZSTD_e_end : ZSTD_e_flush
            while true {
                let rest = try checked(
                    ZSTD_compressStream2(context, &output, &input, directive),
                    while: "compressing \(source.count) bytes")
                if rest == 0 { break }
                guard output.pos < output.size else {
                    throw ZstdError(.outputTooLarge, "compressing \(source.count) bytes")
                }
            }
        } while input.size < source.count
        return output.pos
    }

    /// The most bytes that `count` bytes can take when compressed in blocks.
    public static func bound(_ count: Int, blockByteCount: Int) -> Int {
        bound(count) + 8 * (count / max(blockByteCount, 1) + 1)
    }

    private mutating func set(_ level: Int) throws(ZstdError) {
        let level = min(max(level, Self.levels.lowerBound), Self.levels.upperBound)
        guard level != self.level else { return }
        _ = try checked(
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(level)),
            while: "setting the compression level")
        self.level = level
    }

    /// `source` compressed.
    public mutating func compress(_ source: [UInt8]) throws(ZstdError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Self.bound(source.count))
        let written = try withBuffers(source, &result) { (source, destination) throws(ZstdError) in
            try compress(source, into: destination)
        }
        result.removeLast(result.count - written)
        return result
    }
}

/// Lets `body` see both arrays as buffers, with its error's type kept.
func withBuffers<R>(
    _ source: [UInt8], _ destination: inout [UInt8],
    _ body: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws(ZstdError) -> R
) throws(ZstdError) -> R {
    let result: Result<R, ZstdError> = source.withUnsafeBytes { source in
        destination.withUnsafeMutableBytes { destination in
            do throws(ZstdError) { return .success(try body(source, destination)) } catch { return .failure(error) }
        }
    }
    return try result.get()
}
