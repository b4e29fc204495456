import Events
import Projections
import ProviderKit
import Silo
import State

/// Puts the contents of one sync into the store, whole or as they stream in, with what helps to keep them small.
struct ContentPutter {
    let engine: Engine
    let repository: RepositoryRow
    private var predecessors: Predecessors
    private var buffer: [UInt8] = []
    /// Bytes that this sync has brought, and that it is expected to bring.
    private var byteCount: UInt64 = 0
    private var expectedByteCount: UInt64 = 0

    init(_ engine: Engine, _ repository: RepositoryRow) {
        self.engine = engine
        self.repository = repository
        predecessors = Predecessors(repository)
    }

    /// What came of a content, and what type it is of.
    struct Outcome {
        var put: Put
        var mimeType: String
    }

    /// About so many bytes may come. What a source has that was read before is no measure of what is new in it.
    mutating func expect(_ byteCount: UInt64) {
        if repository.files == 0 { expectedByteCount = max(expectedByteCount, byteCount) }
    }

    /// Puts a content of which no path is known yet.
    mutating func putAhead(_ content: UnsafeRawBufferPointer) throws -> Put {
        byteCount += UInt64(content.count)
        return try engine.silo.put(content, in: repository.domain, hint: PutHint(burstByteCount: burstByteCount))
    }

    private var burstByteCount: Int { Int(clamping: max(byteCount, expectedByteCount)) }

    /// - Returns: nil where the content has another length or another hash than was said.
    mutating func put(
        _ content: ContentDescription, _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> Outcome? {
        byteCount += content.size
        return try content.size <= engine.options.wholeContentByteCount
            ? putWhole(content, produce) : putStream(content, produce)
    }

    private mutating func putWhole(
        _ content: ContentDescription, _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> Outcome? {
        buffer.removeAll(keepingCapacity: true)
        let hint = try hint(content.path)
        var outcome: Outcome?
        do {
            try produce { piece in
                guard outcome == nil || piece.isEmpty, buffer.count + piece.count <= content.size else {
                    throw ContentLongerThanSaid()
                }
                // What comes in one piece need not be gathered.
                if buffer.isEmpty, piece.count == content.size {
                    outcome = try put(piece, content, hint)
                } else {
                    buffer.append(contentsOf: piece)
                }
            }
        } catch is ContentLongerThanSaid {
            return nil
        }
        if let outcome { return outcome }
        guard buffer.count == content.size else { return nil }
        return try buffer.withUnsafeBytes { try put($0, content, hint) }
    }

    private func put(
        _ bytes: UnsafeRawBufferPointer, _ content: ContentDescription, _ hint: PutHint
    ) throws -> Outcome {
        let put = try engine.silo.put(
            bytes, in: repository.domain, hashedAs: content.isHashed ? content.hash : nil, hint: hint)
        return Outcome(put: put, mimeType: MIMEType.of(path: content.path, MIMEType.Head(bytes)))
    }

    private mutating func putStream(
        _ content: ContentDescription, _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> Outcome? {
        let stream = try engine.silo.putStream(
            in: repository.domain, byteCount: Int(content.size), expecting: content.hash, hint: hint(content.path))
        buffer.removeAll(keepingCapacity: true)
        do {
            try produce { piece in
                let missing = MIMEType.sniffedByteCount - buffer.count
                if missing > 0 { buffer.append(contentsOf: piece.prefix(missing)) }
                try stream.write(piece)
            }
            let put = try stream.finish()
            let mimeType = buffer.withUnsafeBytes { MIMEType.of(path: content.path, MIMEType.Head($0)) }
            return Outcome(put: put, mimeType: mimeType)
        } catch let error as SiloError where error.code == .wrongHash || error.code == .wrongSize {
            try stream.cancel()
            return nil
        } catch {
            try stream.cancel()
            throw error
        }
    }

    /// What helps to keep small what stands at `path` now.
    private mutating func hint(_ path: [UInt8]) throws -> PutHint {
        PutHint(
            predecessor: try predecessors.predecessor(of: path, engine.state), burstByteCount: burstByteCount)
    }
}

/// A content went on beyond the size that its source had said.
struct ContentLongerThanSaid: Error {}
