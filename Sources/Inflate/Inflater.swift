import CZlib

/// Expands zlib streams (RFC 1950), one after the other, with one reused state.
///
/// Move-only, because zlib's state behind it is mutable and owned by one place at a time.
public struct Inflater: ~Copyable {
    /// zlib keeps a pointer back to this struct, so it lives at a fixed address.
    private let stream: UnsafeMutablePointer<z_stream>
    /// zlib refuses a null output pointer even where no room is offered.
    private let spareByte: UnsafeMutablePointer<UInt8>

    /// How far one `step` came.
    public struct Progress: Sendable {
        /// Bytes of input taken.
        public let consumedBytes: Int
        /// Bytes of output written.
        public let producedBytes: Int
        /// Whether the stream ended, its checksum included.
        public let isFinished: Bool
    }

    /// A state that is ready for the first stream.
    public init() throws(InflateError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        spareByte = .allocate(capacity: 1)
        spareByte.initialize(to: 0)
        guard inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            stream.deallocate()
            spareByte.deallocate()
            throw InflateError(.outOfMemory, "zlib could not allocate its state")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        spareByte.deallocate()
    }

    /// Forgets the current stream; the next `step` begins a new one.
    public mutating func reset() {
        inflateReset(stream)
    }

    /// Expands as much as the input and the room for output allow.
    ///
    /// No progress and not finished means: more input or more room is needed.
    ///
    /// - Throws: `corrupt` or `outOfMemory`; the state must then be `reset`.
    public mutating func step(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(InflateError) -> Progress {
        let offered = min(input.count, Self.maxPieceBytes)
        let room = min(output.count, Self.maxPieceBytes)
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(offered)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? spareByte
        stream.pointee.avail_out = UInt32(room)
        // Z_FINISH spares zlib from copying its window aside where one call ends the stream; where it does not, the
        // answer is Z_BUF_ERROR and the next call goes on.
        let result = inflate(stream, Z_FINISH)
        let progress = Progress(
            consumedBytes: offered - Int(stream.pointee.avail_in), producedBytes: room - Int(stream.pointee.avail_out),
            isFinished: result == Z_STREAM_END)
        switch result {
        case Z_OK, Z_STREAM_END, Z_BUF_ERROR: return progress
        case Z_MEM_ERROR: throw InflateError(.outOfMemory, "zlib could not allocate its window")
        case Z_NEED_DICT: throw InflateError(.corrupt, "the zlib stream wants a preset dictionary")
        default:
            let words = stream.pointee.msg.map { String(cString: $0) } ?? "not a zlib stream"
            throw InflateError(.corrupt, words)
        }
    }

    /// Expands one whole stream that must fill `output` exactly; starts anew before and needs no `reset`.
    ///
    /// - Parameter input: begins with the stream; may go on behind it.
    /// - Returns: the bytes of input that the stream took.
    /// - Throws: `truncated` where input ends first or the stream is shorter than `output`, `outputLimit` where it is
    ///   longer, `corrupt`.
    public mutating func inflateWhole(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(InflateError) -> Int {
        reset()
        var consumed = 0
        var produced = 0
        while true {
            let progress = try step(
                UnsafeRawBufferPointer(rebasing: input[consumed...]),
                into: UnsafeMutableRawBufferPointer(rebasing: output[produced...]))
            consumed += progress.consumedBytes
            produced += progress.producedBytes
            if progress.isFinished {
                guard produced == output.count else {
                    throw InflateError(.truncated, "the stream holds \(produced) bytes, not \(output.count)")
                }
                return consumed
            }
            if progress.consumedBytes == 0, progress.producedBytes == 0 {
                if consumed == input.count { throw InflateError(.truncated, "the input ends inside a zlib stream") }
                throw InflateError(.outputLimit, "the stream holds more than \(output.count) bytes")
            }
        }
    }

    /// zlib counts a piece in 32 bits.
    private static let maxPieceBytes = 1 << 30
}
