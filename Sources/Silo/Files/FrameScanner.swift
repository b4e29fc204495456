import Events
import Glibc
import OpenSSL

/// Goes through the frames of a shard, one after another, and past what is damaged.
struct FrameScanner: ~Copyable {
    enum Item {
        /// A frame whose head is as it was written. The payload has not been looked at.
        case frame(FrameHead, at: UInt64)
        /// Bytes in which no frame can be recognised.
        case damage(Range<UInt64>, reason: String)
    }

    private var window: FileWindow
    private var digest = Digest(.sha256)
    private(set) var offset: UInt64

    /// - Parameter range: of the file: where the first frame begins, and where the frames end.
    init(_ file: ShardFile, range: Range<UInt64>, readsPayloads: Bool) {
        window = FileWindow(
            file, end: range.upperBound,
            readAheadByteCount: readsPayloads
                ? FileWindow.fullReadAheadByteCount : FileWindow.headReadAheadByteCount)
        offset = range.lowerBound
    }

    /// The next frame or the next damage; nil at the end.
    mutating func next() throws(SiloError) -> Item? {
        guard offset < window.end else { return nil }
        let start = offset
        switch try head(at: start) {
        case .success(let head):
            offset = start + UInt64(head.frameByteCount)
            return .frame(head, at: start)
        case .failure(let failure):
            offset = try nextHead(after: start)
            return .damage(start..<offset, reason: failure.reason)
        }
    }

    /// The payload of the frame at `start` as it stands in the file; nil where it is not as it was written. Valid until
    /// the next call.
    mutating func payload(of head: FrameHead, at start: UInt64) throws(SiloError) -> UnsafeRawBufferPointer? {
        guard let bytes = try window.bytes(head.storedByteCount, at: start + UInt64(head.byteCount)),
            Checksum.of(bytes, &digest) == head.payloadChecksum
        else { return nil }
        return bytes
    }

    private mutating func head(at start: UInt64) throws(SiloError) -> Result<FrameHead, DecodingFailure> {
        do throws(DecodingFailure) {
            return .success(try decodeHead(at: start))
        } catch {
            if let pending = readFailure {
                readFailure = nil
                throw pending
            }
            return .failure(error)
        }
    }

    // An error of the file, on its way past the type of a decoding's errors.
    private var readFailure: SiloError?

    private mutating func decodeHead(at start: UInt64) throws(DecodingFailure) -> FrameHead {
        let fixed = try read(FrameHead.fixedByteCount, at: start)
        let bytes = try read(try FrameHead.byteCount(fixed: fixed), at: start)
        let head = try FrameHead(bytes, shard: window.file.id, offset: start, &digest)
        guard start + UInt64(head.frameByteCount) <= window.end else {
            throw DecodingFailure("the payload of the last frame is cut off")
        }
        return head
    }

    private mutating func read(_ count: Int, at start: UInt64) throws(DecodingFailure) -> UnsafeRawBufferPointer {
        do throws(SiloError) {
            if let bytes = try window.bytes(count, at: start) { return bytes }
        } catch {
            readFailure = error
        }
        throw DecodingFailure("the head of the last frame is cut off")
    }

    /// Where the next intact head begins beyond `start`, or the end.
    private mutating func nextHead(after start: UInt64) throws(SiloError) -> UInt64 {
        var candidate = start + 1
        while let bytes = try window.next(at: candidate), !bytes.isEmpty {
            guard let found = Self.firstMagic(in: bytes) else {
                // A magic may lie across the edge of what was read.
                candidate += UInt64(max(1, bytes.count - 3))
                continue
            }
            candidate += UInt64(found)
            if case .success = try head(at: candidate) { return candidate }
            candidate += 1
        }
        return window.end
    }

    private static func firstMagic(in bytes: UnsafeRawBufferPointer) -> Int? {
        let first = UInt8(truncatingIfNeeded: FrameHead.magic >> 24)
        var start = 0
        while let base = bytes.baseAddress, start + 4 <= bytes.count,
            let found = memchr(base + start, CInt(first), bytes.count - start - 3)
        {
            let offset = UnsafeRawPointer(found) - base
            if UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) == FrameHead.magic {
                return offset
            }
            start = offset + 1
        }
        return nil
    }
}
