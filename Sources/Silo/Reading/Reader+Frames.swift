import Events
import OpenSSL

extension Reader {
    /// A frame of small blobs or the list of a large one's parts, at least the first `wanted` bytes of its payload decoded.
    ///
    /// A difference is decoded after what it is taken from, from the first to the last; no frame is decoded beyond what is
    /// needed of it. The checksum of blobs' payloads is not looked at: whoever reads a blob holds it against its hash.
    ///
    /// - Parameter wanted: by the table; nil: everything.
    func frame(
        _ file: ShardFile, at reference: FrameReference, wanted: (FrameHead) -> Int?
    ) throws(SiloError) -> (kind: FrameKind, frame: DecodedFrame) {
        var chain = [reference]
        var prefix: DecodedFrame?
        while let base = try base(of: chain[chain.count - 1], in: file) {
            prefix = cache.frame(.init(shard: file.id, offset: base.offset), isEnough: \.isWhole)
            if prefix != nil { break }
            chain.append(base)
            guard chain.count <= ShardFormat.maximumChainDepth else {
                throw SiloError.damaged("a frame is a difference through too many others", file.id)
            }
        }
        while let next = chain.popLast() {
            let isLast = chain.isEmpty
            let (head, bytes) = try decode(
                file, at: next, prefix: prefix, checksPayload: false, wanted: isLast ? wanted : { _ in nil })
            guard head.isConsistent else { throw SiloError.damaged("a frame's table is wrong", file.id) }
            let frame = DecodedFrame(blobs: head.blobs, bytes: bytes, isWhole: bytes.count == head.rawByteCount)
            if head.kind == .blobs {
                cache.insert(frame, .init(shard: file.id, offset: next.offset))
            } else if !isLast {
                throw SiloError.damaged("a frame is a difference from one that holds no blobs", file.id)
            }
            if isLast { return (head.kind, frame) }
            prefix = frame
        }
        throw SiloError.damaged("a frame is not there", file.id)
    }

    /// A frame from which another one is taken, whole.
    func base(_ file: ShardFile, at reference: FrameReference) throws(SiloError) -> DecodedFrame {
        if let cached = cache.frame(.init(shard: file.id, offset: reference.offset), isEnough: \.isWhole) {
            return cached
        }
        let (kind, frame) = try frame(file, at: reference) { _ in nil }
        guard kind == .blobs else {
            throw SiloError.damaged("a frame is a difference from one that holds no blobs", file.id)
        }
        return frame
    }

    /// What reading the frame costs, after the same of those that it is a difference from, from the first on.
    func links(_ file: ShardFile, at reference: FrameReference) throws(SiloError) -> [FrameBase] {
        var chain = [reference]
        while let base = try base(of: chain[chain.count - 1], in: file) {
            chain.append(base)
            guard chain.count <= ShardFormat.maximumChainDepth + 1 else {
                throw SiloError.damaged("a frame is a difference through too many others", file.id)
            }
        }
        var links: [FrameBase] = []
        for frame in chain.reversed() {
            let fixed = try file.read(FrameHead.fixedByteCount, at: frame.offset)
            let rawByteCount = try SiloError.decoding(file.id) {
                try fixed.withUnsafeBytes { try FrameHead.rawByteCount(fixed: $0) }
            }
            let link = FrameLink(frameByteCount: frame.byteCount, rawByteCount: rawByteCount, base: links.last)
            links.append(FrameBase(offset: frame.offset, link: link))
        }
        return links
    }

    /// What the frame is a difference from; nil where it is none.
    private func base(of reference: FrameReference, in file: ShardFile) throws(SiloError) -> FrameReference? {
        guard reference.byteCount >= FrameHead.fixedByteCount else {
            throw SiloError.damaged("a frame is too short", file.id)
        }
        return try withUnsafeTemporaryAllocation(byteCount: FrameHead.fixedByteCount, alignment: 8) {
            (buffer) throws(SiloError) in
            guard try file.read(into: buffer, at: reference.offset) == buffer.count else {
                throw SiloError.damaged("it ends before the frame at \(reference.offset)", file.id)
            }
            let base = try SiloError.decoding(file.id) { try FrameHead.base(fixed: UnsafeRawBufferPointer(buffer)) }
            guard let base else { return nil }
            guard base.offset < reference.offset, base.byteCount >= FrameHead.fixedByteCount,
                base.byteCount <= ShardFormat.maximumFrameByteCount
            else { throw SiloError.damaged("a frame is a difference from none that can be", file.id) }
            return base
        }
    }

    /// The frame at `reference`, its payload decoded as far as it is wanted.
    func decode(
        _ file: ShardFile, at reference: FrameReference, prefix: DecodedFrame?, checksPayload: Bool,
        wanted: (FrameHead) -> Int? = { _ in nil }
    ) throws(SiloError) -> (FrameHead, [UInt8]) {
        let (shard, offset) = (file.id, reference.offset)
        return try benches.with { (bench) throws(SiloError) in
            let memory = bench.frameMemory(reference.byteCount)
            guard try file.read(into: memory, at: offset) == reference.byteCount else {
                throw SiloError.damaged("it ends before the frame at \(offset)", shard)
            }
            let frame = UnsafeRawBufferPointer(memory)
            let head = try SiloError.decoding(shard) {
                guard frame.count >= FrameHead.fixedByteCount else { throw DecodingFailure("a frame is cut off") }
                let headByteCount = try FrameHead.byteCount(
                    fixed: UnsafeRawBufferPointer(rebasing: frame[..<FrameHead.fixedByteCount]))
                guard headByteCount <= frame.count else { throw DecodingFailure("a frame is cut off") }
                return try FrameHead(
                    UnsafeRawBufferPointer(rebasing: frame[..<headByteCount]), shard: shard, offset: offset,
                    &bench.digest)
            }
            let payload = UnsafeRawBufferPointer(rebasing: frame[head.byteCount...])
            guard head.frameByteCount == reference.byteCount, (head.base == nil) == (prefix == nil),
                !(checksPayload || head.kind != .blobs) || Checksum.of(payload, &bench.digest) == head.payloadChecksum
            else {
                throw SiloError.damaged("the frame at \(offset) is not what was written", shard)
            }
            let count = min(wanted(head) ?? head.rawByteCount, head.rawByteCount)
            var failure: SiloError?
            let opened = try file.cipher()?.open(payload, of: head)
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                do throws(SiloError) {
                    try bench.decode(
                        payload, opened: opened, of: head, prefix: prefix, shard: shard,
                        into: UnsafeMutableRawBufferPointer(
                            rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
                    initialized = count
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            return (head, bytes)
        }
    }
}
