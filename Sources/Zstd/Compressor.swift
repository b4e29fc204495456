import CZstd

/// Compresses whole buffers into single Zstandard frames (RFC 8878) that carry their content size. One context is
/// kept and used again: allocating one costs more than compressing a source file.
///
/// Move-only, because the context of libzstd behind it is mutable and owned by one place at a time.
public struct Compressor: ~Copyable {
    private let context: OpaquePointer
    /// Compression level, 1 (fast) to 19 (small); 3 is libzstd's default.
    public let level: Int

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
