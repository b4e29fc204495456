import Inflate

/// Takes single objects out of a pack's file: expands them, applies deltas, asks for external bases.
final class ObjectLoader {
    private let file: MappedFile
    private let limits: PackLimits
    private let scratchDirectory: String
    private let bases: any BaseProvider
    private var inflater: WholeInflater
    private var hasher = ObjectHasher()
    /// Reused for every delta that fits.
    private var deltaBuffer = ObjectBuffer(byteCount: 1 << 16)
    private var resolvedBytes: UInt64 = 0

    init(file: MappedFile, limits: PackLimits, scratchDirectory: String, bases: any BaseProvider) throws {
        self.file = file
        self.limits = limits
        self.scratchDirectory = scratchDirectory
        self.bases = bases
        inflater = try WholeInflater()
    }

    /// The content of a row that is no delta.
    func root(_ row: Int, of table: PackTable) throws -> ObjectBuffer {
        if table.storages[row] == .external {
            guard let object = try external(table.ids[row]) else {
                throw GitFormatError(.missingBase, "a delta's base is gone", object: table.ids[row])
            }
            return try buffer(copying: object.content)
        }
        guard table.sizes[row] <= UInt64(limits.maxDeltaResultBytes) else {
            throw GitFormatError(
                .limitExceeded,
                "a delta's base has \(table.sizes[row]) bytes, above maxDeltaResultBytes (\(limits.maxDeltaResultBytes))",
                offset: table.offsets[row])
        }
        let buffer = try buffer(byteCount: Int(table.sizes[row]))
        try inflate(row, of: table, into: buffer.bytes)
        return buffer
    }

    /// The object from outside the pack, its hash checked.
    func external(_ id: ObjectID) throws -> RawObject? {
        guard let object = try bases.base(id) else { return nil }
        guard hasher.hash(object.kind, object.content) == id else {
            throw GitFormatError(.hashMismatch, "the base that was provided has another hash", object: id)
        }
        return object
    }

    /// A buffer with these bytes.
    func buffer(copying content: [UInt8]) throws -> ObjectBuffer {
        let buffer = try buffer(byteCount: content.count)
        buffer.bytes.copyBytes(from: content)
        return buffer
    }

    /// The object of a delta's row.
    func apply(_ row: Int, of table: PackTable, to base: ObjectBuffer) throws -> ObjectBuffer {
        resolvedBytes += table.sizes[row]
        guard resolvedBytes <= limits.maxResolvedBytes else {
            throw GitFormatError(
                .limitExceeded, "the pack's deltas make more than maxResolvedBytes (\(limits.maxResolvedBytes))",
                offset: table.offsets[row])
        }
        let deltaBytes = Int(table.inflatedBytes[row])
        if deltaBytes > deltaBuffer.bytes.count, deltaBytes <= limits.maxHeapObjectBytes {
            deltaBuffer = ObjectBuffer(byteCount: deltaBytes)
        }
        let holder = deltaBytes <= deltaBuffer.bytes.count ? deltaBuffer : try buffer(byteCount: deltaBytes)
        let delta = UnsafeMutableRawBufferPointer(rebasing: holder.bytes[..<deltaBytes])
        try inflate(row, of: table, into: delta)
        let result = try buffer(byteCount: Int(table.sizes[row]))
        do {
            try Delta.apply(UnsafeRawBufferPointer(delta), to: base.content, into: result.bytes)
        } catch {
            throw GitFormatError(
                .malformedPack, "a delta in the pack is damaged: \(error.words)", offset: table.offsets[row])
        }
        return result
    }

    /// Where a row's zlib stream begins.
    func compressed(_ row: Int, of table: PackTable) throws -> UnsafeRawBufferPointer {
        let start = table.offsets[row] + UInt64(table.headerBytes[row])
        guard start < UInt64(file.bytes.count) else {
            throw GitFormatError(
                .truncatedPack, "the pack's file is shorter than when it was indexed", offset: table.offsets[row])
        }
        return UnsafeRawBufferPointer(rebasing: file.bytes[Int(start)...])
    }

    /// Expands a row's object or delta, whose length `output` has.
    func inflate(_ row: Int, of table: PackTable, into output: UnsafeMutableRawBufferPointer) throws {
        do {
            _ = try inflater.inflate(compressed(row, of: table), into: output)
        } catch let error as InflateError {
            throw GitFormatError(
                .malformedPack, "an object's compressed bytes are damaged (\(error))", offset: table.offsets[row])
        }
    }

    private func buffer(byteCount: Int) throws -> ObjectBuffer {
        try ObjectBuffer(
            byteCount: byteCount, maxHeapBytes: limits.maxHeapObjectBytes, scratchDirectory: scratchDirectory)
    }
}
