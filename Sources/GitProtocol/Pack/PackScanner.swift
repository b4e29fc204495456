import Inflate
import OpenSSL

/// Reads a pack once from front to end, in pieces as they arrive: finds where each object lies, computes the ids of
/// those that are whole, and checks the trailer. Memory is the table and a fixed buffer.
///
/// Layout (gitformat-pack): `PACK`, version, count of objects, each 32 bits big-endian; the objects; SHA-1 of all that.
final class PackScanner {
    private enum State {
        case packHeader
        case entryHeader
        case baseOffset
        case baseID
        case content
        case trailer
        case done
    }

    private struct Entry {
        var offset: UInt64 = 0
        var type: UInt8 = 0
        var size: UInt64 = 0
        var shift: UInt64 = 0
        var headerBytes = 0
        var baseDistance: UInt64 = 0
        var distanceBytes = 0
        var baseID = ObjectID.zero
        var baseRow = 0
        var produced: UInt64 = 0
        /// Its zlib stream has begun.
        var isOpen = false
    }

    private let limits: PackLimits
    private let observer: (any PackObserver)?
    private var inflater: Inflater
    private var wholeInflater: WholeInflater
    private var packDigest = Digest(.sha1)
    private var hasher = ObjectHasher()
    private let output = ObjectBuffer(byteCount: outputBytes)
    private var state = State.packHeader
    private var pending: [UInt8] = []
    private(set) var declaredObjects = 0
    private var entry = Entry()
    private var deltaStart: [UInt8] = []
    /// What is expanded at once at most.
    private static let outputBytes = 1 << 20
    /// Objects are expanded in one call where the input at hand is at least this part of their length; text takes a
    /// quarter. Where it turns out to end too early, the streaming inflater starts over.
    private static let wholeInputPart: UInt64 = 2
    /// Bytes taken in.
    private(set) var position: UInt64 = 0
    private(set) var table = PackTable()

    /// - Parameter observer: is shown the whole (undeltified) objects while they pass by.
    init(limits: PackLimits, observer: (any PackObserver)? = nil) throws {
        self.limits = limits
        self.observer = observer
        inflater = try Inflater()
        wholeInflater = try WholeInflater()
    }

    /// Takes in the next piece of the pack.
    func feed(_ bytes: UnsafeRawBufferPointer) throws {
        guard UInt64(bytes.count) <= limits.maxPackBytes - min(position, limits.maxPackBytes) else {
            throw GitFormatError(.limitExceeded, "the pack is longer than maxPackBytes (\(limits.maxPackBytes))")
        }
        let start = position
        var index = 0
        // The trailer is not part of what it is the hash of.
        var hashed = state == .trailer || state == .done ? bytes.count : 0
        while index < bytes.count {
            switch state {
            case .packHeader:
                pending.append(bytes[index])
                index += 1
                if pending.count == 12 { try readPackHeader() }
            case .entryHeader:
                try readHeaderByte(bytes[index])
                index += 1
            case .baseOffset:
                try readOffsetByte(bytes[index])
                index += 1
            case .baseID:
                pending.append(bytes[index])
                index += 1
                entry.headerBytes += 1
                if pending.count == ObjectID.byteCount, let base = ObjectID(pending) {
                    entry.baseID = base
                    try beginContent()
                }
            case .content:
                index += try readContent(UnsafeRawBufferPointer(rebasing: bytes[index...]))
            case .trailer:
                if hashed < index {
                    packDigest.update(UnsafeRawBufferPointer(rebasing: bytes[hashed..<index]))
                }
                hashed = bytes.count
                pending.append(bytes[index])
                index += 1
                if pending.count == ObjectID.byteCount { try checkTrailer() }
            case .done:
                throw GitFormatError(.malformedPack, "bytes follow the pack's trailer", offset: start + UInt64(index))
            }
            position = start + UInt64(index)
        }
        if hashed < bytes.count { packDigest.update(UnsafeRawBufferPointer(rebasing: bytes[hashed...])) }
    }

    /// Checks that the pack came whole, and gives the table up.
    func finish() throws -> PackTable {
        guard state == .done else {
            throw GitFormatError(
                .truncatedPack,
                "the pack ends after \(position) bytes and \(table.count) of \(declaredObjects) objects: fetch it again",
                offset: entry.offset)
        }
        return table
    }

    private func readPackHeader() throws {
        defer { pending.removeAll(keepingCapacity: true) }
        func word(at start: Int) -> UInt32 { pending[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        guard pending.starts(with: "PACK".utf8) else {
            throw GitFormatError(.malformedPack, "the bytes are no pack: they do not begin with PACK", offset: 0)
        }
        guard word(at: 4) == 2 || word(at: 4) == 3 else {
            throw GitFormatError(.malformedPack, "pack version \(word(at: 4)) is not known", offset: 4)
        }
        declaredObjects = Int(word(at: 8))
        guard declaredObjects <= limits.maxObjects else {
            throw GitFormatError(
                .limitExceeded, "the pack holds \(declaredObjects) objects, above maxObjects (\(limits.maxObjects))")
        }
        // The count is only a claim: room for more grows as objects arrive.
        table.reserve(min(declaredObjects, 1 << 17))
        beginEntry(at: 12)
    }

    private func beginEntry(at offset: UInt64) {
        entry = Entry()
        entry.offset = offset
        state = table.count == declaredObjects ? .trailer : .entryHeader
    }

    private func readHeaderByte(_ byte: UInt8) throws {
        if entry.headerBytes == 0 {
            entry.type = (byte >> 4) & 7
            entry.size = UInt64(byte & 15)
            entry.shift = 4
        } else {
            let bits = UInt64(byte & 0x7f)
            guard entry.shift < 64, (bits << entry.shift) >> entry.shift == bits else {
                throw malformed("the size takes more than 64 bits")
            }
            entry.size |= bits << entry.shift
            entry.shift += 7
        }
        entry.headerBytes += 1
        guard byte & 0x80 == 0 else { return }
        switch entry.type {
        case 1...4: try beginContent()
        case 6: state = .baseOffset
        case 7: state = .baseID
        default: throw malformed("object type \(entry.type) is not known")
        }
    }

    private func readOffsetByte(_ byte: UInt8) throws {
        if entry.distanceBytes == 0 {
            entry.baseDistance = UInt64(byte & 0x7f)
        } else {
            guard entry.baseDistance < 1 << 56 else { throw malformed("the base's distance is too great") }
            entry.baseDistance = (entry.baseDistance + 1) << 7 | UInt64(byte & 0x7f)
        }
        entry.headerBytes += 1
        entry.distanceBytes += 1
        guard byte & 0x80 == 0 else { return }
        guard entry.baseDistance > 0, entry.baseDistance <= entry.offset,
            let row = table.row(atOffset: entry.offset - entry.baseDistance)
        else { throw malformed("no object begins where the delta's base should be") }
        entry.baseRow = row
        try beginContent()
    }

    private func beginContent() throws {
        pending.removeAll(keepingCapacity: true)
        state = .content
        if let kind = ObjectKind(rawValue: entry.type) {
            guard entry.size <= limits.maxObjectBytes else {
                throw limit("the object has \(entry.size) bytes, above maxObjectBytes (\(limits.maxObjectBytes))")
            }
            hasher.begin(kind, sizeBytes: entry.size)
            try observer?.begin(kind, sizeBytes: entry.size)
        } else {
            guard entry.size <= UInt64(limits.maxDeltaResultBytes) else {
                throw limit("the delta has \(entry.size) bytes, above maxDeltaResultBytes")
            }
            deltaStart.removeAll(keepingCapacity: true)
        }
    }

    /// Expands from `input`; returns how much of it was taken.
    private func readContent(_ input: UnsafeRawBufferPointer) throws -> Int {
        if !entry.isOpen {
            entry.isOpen = true
            if let consumed = try readWhole(input) { return consumed }
            inflater.reset()
        }
        var consumed = 0
        while true {
            let progress: Inflater.Progress
            do {
                progress = try inflater.step(UnsafeRawBufferPointer(rebasing: input[consumed...]), into: output.bytes)
            } catch {
                throw malformed("its compressed bytes are damaged (\(error))")
            }
            consumed += progress.consumedBytes
            if progress.producedBytes > 0 { try take(progress.producedBytes) }
            if progress.isFinished {
                try endContent(at: position + UInt64(consumed))
                return consumed
            }
            // Room in the output left over means that the input is used up.
            if progress.producedBytes < output.bytes.count, consumed == input.count { return consumed }
            if progress.consumedBytes == 0, progress.producedBytes == 0 { throw malformed("its bytes lead nowhere") }
        }
    }

    /// Expands the whole object from `input`; nil where that may hold only a part of it, or damaged bytes: the streaming
    /// inflater tells which.
    private func readWhole(_ input: UnsafeRawBufferPointer) throws -> Int? {
        guard entry.size <= UInt64(Self.outputBytes), UInt64(input.count) >= entry.size / Self.wholeInputPart else {
            return nil
        }
        let consumed: Int
        do {
            consumed = try wholeInflater.inflate(
                input, into: UnsafeMutableRawBufferPointer(rebasing: output.bytes[..<Int(entry.size)]))
        } catch {
            return nil
        }
        if entry.size > 0 { try take(Int(entry.size)) }
        try endContent(at: position + UInt64(consumed))
        return consumed
    }

    /// Takes the next bytes of the content, which stand in `output`.
    private func take(_ count: Int) throws {
        entry.produced += UInt64(count)
        guard entry.produced <= entry.size else { throw malformed("it is longer than it says") }
        let piece = UnsafeRawBufferPointer(rebasing: output.bytes[..<count])
        if entry.type <= 4 {
            hasher.update(piece)
            try observer?.take(piece)
        } else if deltaStart.count < Delta.maxHeaderBytes {
            deltaStart.append(contentsOf: piece.prefix(Delta.maxHeaderBytes - deltaStart.count))
        }
    }

    private func endContent(at end: UInt64) throws {
        guard entry.produced == entry.size else { throw malformed("it is shorter than it says") }
        if let kind = ObjectKind(rawValue: entry.type) {
            let id = hasher.finish()
            table.appendWhole(
                offset: entry.offset, headerBytes: entry.headerBytes, kind: kind, size: entry.size, id: id)
            try observer?.end(id)
        } else {
            let result: UInt64
            do {
                result = try deltaStart.withUnsafeBytes { try Delta.header(of: $0).resultBytes }
            } catch let error as Delta.Failure {
                throw malformed("its delta is damaged: \(error.words)")
            }
            guard result <= UInt64(limits.maxDeltaResultBytes) else {
                throw limit(
                    "the delta's result has \(result) bytes, above maxDeltaResultBytes (\(limits.maxDeltaResultBytes))")
            }
            if entry.type == 6 {
                table.appendDelta(
                    offset: entry.offset, headerBytes: entry.headerBytes, inflated: entry.size, size: result,
                    base: entry.baseRow)
            } else {
                table.appendDelta(
                    offset: entry.offset, headerBytes: entry.headerBytes, inflated: entry.size, size: result,
                    base: entry.baseID)
            }
        }
        beginEntry(at: end)
    }

    private func checkTrailer() throws {
        guard packDigest.finish() == pending else {
            throw GitFormatError(
                .hashMismatch, "the pack's SHA-1 is not that of its bytes: fetch it again", offset: position - 19)
        }
        state = .done
    }

    private func malformed(_ reason: String) -> GitFormatError {
        GitFormatError(.malformedPack, "an object in the pack is malformed: \(reason)", offset: entry.offset)
    }

    private func limit(_ reason: String) -> GitFormatError {
        GitFormatError(.limitExceeded, reason, offset: entry.offset)
    }
}
