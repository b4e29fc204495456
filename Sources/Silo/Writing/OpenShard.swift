import Events
import Glibc
import OpenSSL
import Synchronization

/// A shard that grows. Frames are appended one at a time; what is half written when an error comes is cut off again.
final class OpenShard: Sendable {
    let header: ShardHeader
    let file: ShardFile
    private let disk: Disk
    private let state: Mutex<State>

    private struct State {
        /// Where the frames end.
        var byteCount: UInt64
        /// Bytes may stand beyond `byteCount`.
        var needsCut = false
        /// Bytes of frames that no sync was begun for.
        var unsyncedByteCount = 0
    }

    /// So many bytes are made durable ahead of the sync that somebody waits for, while others go on compressing.
    private static let syncedAheadByteCount = 8 << 20

    var id: ShardID { header.shard }

    /// Where the frames end.
    var byteCount: UInt64 { state.withLock { $0.byteCount } }

    /// Goes on with a shard whose frames end at `byteCount`.
    init(_ header: ShardHeader, file: ShardFile, byteCount: UInt64, disk: Disk) {
        self.header = header
        self.file = file
        self.disk = disk
        state = Mutex(State(byteCount: byteCount))
    }

    /// Begins a shard. It is on disk after the next ``sync()`` and a sync of the directory.
    static func create(
        _ header: ShardHeader, at path: String, disk: Disk, keys: (any ContentKeys)?, _ digest: inout Digest
    ) throws(SiloError) -> OpenShard {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SiloError(errno, while: "making \(path)", shard: header.shard) }
        let file = ShardFile(id: header.shard, descriptor: descriptor, keys: keys)
        let failure = header.encode(&digest).withUnsafeBytes { disk.writeAll(descriptor, $0, at: 0) }
        guard failure == 0 else {
            unlink(path)
            throw SiloError(failure, while: "beginning \(path)", shard: header.shard)
        }
        return OpenShard(header, file: file, byteCount: UInt64(ShardHeader.byteCount), disk: disk)
    }

    /// Appends a frame.
    ///
    /// - Parameter published: is called with the frame's offset once all of it is written, before the next one is.
    func append(
        _ head: inout FrameHead, _ payload: UnsafeRawBufferPointer, _ digest: inout Digest,
        published: (UInt64, FrameHead) -> Void
    ) throws(SiloError) {
        guard let cipher = try file.cipher() else { return try write(&head, payload, &digest, published: published) }
        let sealed = try cipher.seal(payload, of: head)
        head.storedByteCount = sealed.count
        let result: Result<Void, SiloError> = sealed.withUnsafeBytes { sealed in
            do throws(SiloError) {
                return .success(try write(&head, sealed, &digest, published: published))
            } catch { return .failure(error) }
        }
        try result.get()
    }

    private func write(
        _ head: inout FrameHead, _ payload: UnsafeRawBufferPointer, _ digest: inout Digest,
        published: (UInt64, FrameHead) -> Void
    ) throws(SiloError) {
        head.payloadChecksum = Checksum.of(payload, &digest)
        try state.withLock { (state) throws(SiloError) in
            try cut(&state)
            let offset = state.byteCount
            let bytes = head.encode(shard: id, offset: offset, &digest)
            try write(bytes.withUnsafeBytes { disk.writeAll(file.descriptor, $0, at: offset) }, &state)
            try write(disk.writeAll(file.descriptor, payload, at: offset + UInt64(bytes.count)), &state)
            state.byteCount += UInt64(head.frameByteCount)
            state.unsyncedByteCount += head.frameByteCount
            published(offset, head)
        }
    }

    /// Appends what ends a sealed shard. Whatever is done to the shard next takes it off again.
    func appendEnd(_ bytes: [UInt8]) throws(SiloError) {
        try state.withLock { (state) throws(SiloError) in
            try cut(&state)
            state.needsCut = true
            let offset = state.byteCount
            try write(bytes.withUnsafeBytes { disk.writeAll(file.descriptor, $0, at: offset) }, &state)
        }
    }

    /// Takes off the frames from `offset` on, unless something was appended after `expectedEnd`.
    ///
    /// - Parameter published: is called where they are off, before anything is appended.
    func cutBack(to offset: UInt64, ifEndingAt expectedEnd: UInt64, published: () -> Void) throws(SiloError) {
        try state.withLock { (state) throws(SiloError) in
            guard state.byteCount == expectedEnd else { return }
            state.byteCount = offset
            state.needsCut = true
            published()
            try cut(&state)
        }
    }

    /// Takes off whatever stands after the last frame.
    func cutEnd() throws(SiloError) {
        try state.withLock { (state) throws(SiloError) in
            state.needsCut = true
            try cut(&state)
        }
    }

    /// Makes all that was appended durable. A failure cannot be tried again: the system may have dropped the bytes.
    func sync() throws(SiloError) {
        state.withLock { $0.unsyncedByteCount = 0 }
        guard disk.sync(file.descriptor) == 0 else {
            throw SiloError(
                .stopped,
                "fsync of shard \(id.rawValue) failed (\(String(cString: strerror(errno)))): what is on disk is unknown. "
                    + "Open the store again; it finds out what is there.", systemError: errno, shard: id)
        }
    }

    /// Makes durable what was appended where that is much by now, so that the next ``sync()`` has little to do.
    func syncAhead() throws(SiloError) {
        let isMuch = state.withLock { $0.unsyncedByteCount >= Self.syncedAheadByteCount }
        if isMuch { try sync() }
    }

    private func write(_ failure: CInt, _ state: inout State) throws(SiloError) {
        guard failure != 0 else { return }
        // At once, so that a full disk gets its room back; where it fails, again before the next frame.
        state.needsCut = disk.truncate(file.descriptor, state.byteCount) != 0
        throw SiloError(failure, while: "writing to shard \(id.rawValue)", shard: id)
    }

    private func cut(_ state: inout State) throws(SiloError) {
        guard state.needsCut else { return }
        guard disk.truncate(file.descriptor, state.byteCount) == 0 else {
            throw SiloError(errno, while: "cutting off the unfinished end of shard \(id.rawValue)", shard: id)
        }
        state.needsCut = false
    }
}
