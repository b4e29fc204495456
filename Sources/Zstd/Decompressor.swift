import CZstd

/// Decompresses single Zstandard frames (RFC 8878) into buffers of known size. One context is kept and used again.
///
/// Move-only, because the context of libzstd behind it is mutable and owned by one place at a time.
public struct Decompressor: ~Copyable {
    private let context: OpaquePointer

    /// - Throws: `ZstdError` with ``ZstdError/Code/outOfMemory``.
    public init() throws(ZstdError) {
        guard let context = ZSTD_createDCtx() else {
            throw ZstdError(.outOfMemory, "no memory for a decompression context")
        }
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Decompresses the frame that `source` holds into the beginning of `destination`, and never writes beyond it.
    ///
    /// - Returns: how many bytes were written.
    /// - Throws: `ZstdError`: ``ZstdError/Code/corrupted`` where `source` is no complete frame,
    ///   ``ZstdError/Code/outputTooLarge`` where it holds more than `destination` takes.
    public mutating func decompress(
        _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        try checked(
            ZSTD_decompressDCtx(context, destination.baseAddress, destination.count, source.baseAddress, source.count),
            while: "decompressing \(source.count) bytes")
    }

    /// Decompresses a difference, or only the beginning of a frame.
    ///
    /// - Parameters:
    ///   - prefix: what the frame was compressed with. Empty: nothing.
    ///   - destination: where it is shorter than the content, it is filled, and what follows is not looked at.
    /// - Returns: how many bytes were written; fewer than `destination` has only where the frame holds fewer.
    /// - Throws: `ZstdError` with ``ZstdError/Code/corrupted`` where `source` is no frame, or too short.
    public mutating func decompress(
        _ source: UnsafeRawBufferPointer, prefix: UnsafeRawBufferPointer,
        startInto destination: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        _ = try checked(ZSTD_DCtx_reset(context, ZSTD_reset_session_only), while: "beginning a frame")
        if !prefix.isEmpty {
            _ = try checked(ZSTD_DCtx_refPrefix(context, prefix.baseAddress, prefix.count), while: "setting a prefix")
        }
        var output = ZSTD_outBuffer(dst: destination.baseAddress, size: destination.count, pos: 0)
        var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
        while output.pos < output.size {
            let before = (output.pos, input.pos)
            let rest = try checked(
                ZSTD_decompressStream(context, &output, &input), while: "decompressing \(source.count) bytes")
            if rest == 0 { break }
            guard (output.pos, input.pos) != before else {
                throw ZstdError(.corrupted, "a frame ends before its content does")
            }
        }
        return output.pos
    }

    /// Decompresses the whole of a difference.
    ///
    /// - Returns: how many bytes were written.
    /// - Throws: `ZstdError`, as ``decompress(_:into:)``.
    public mutating func decompress(
        _ source: UnsafeRawBufferPointer, prefix: UnsafeRawBufferPointer,
        into destination: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        _ = try checked(ZSTD_DCtx_reset(context, ZSTD_reset_session_only), while: "beginning a frame")
        if !prefix.isEmpty {
            _ = try checked(ZSTD_DCtx_refPrefix(context, prefix.baseAddress, prefix.count), while: "setting a prefix")
        }
        return try decompress(source, into: destination)
    }

    /// What `source` holds.
    ///
    /// - Parameter limit: most bytes that are allocated, whatever the frame claims.
    public mutating func decompress(_ source: [UInt8], atMost limit: Int) throws(ZstdError) -> [UInt8] {
        let claimed = source.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        // Two values at the top mean "not stated" and "not a frame".
        guard claimed < UInt64.max - 1 else { throw ZstdError(.corrupted, "the frame does not state its size") }
        guard claimed <= UInt64(limit) else {
            throw ZstdError(.outputTooLarge, "the frame claims \(claimed) bytes, at most \(limit) are allowed")
        }
        var result = [UInt8](repeating: 0, count: Int(claimed))
        let written = try withBuffers(source, &result) { (source, destination) throws(ZstdError) in
            try decompress(source, into: destination)
        }
        result.removeLast(result.count - written)
        return result
    }
}
