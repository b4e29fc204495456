import Events
import Projections
import ProviderKit
import Silo
import State

/// Puts the contents of one sync into the store, whole or as they stream in, with what helps to keep them small.
struct ContentPutter {
    let engine: Engine
    let repository: RepositoryRow
    /// Nothing is waited for but this machine itself.
    let isLocal: Bool
    private var buffer: [UInt8] = []
    private var byteCount: UInt64 = 0

    /// A source on this machine's own disk that has brought so many bytes is a bulk import: from then on speed counts more
    /// than size. What is smaller takes a moment at any level.
    static let bulkByteCount: UInt64 = 16 << 20

    init(_ engine: Engine, _ repository: RepositoryRow) throws {
        self.engine = engine
        self.repository = repository
        isLocal = try engine.provider(named: repository.locator.provider).capabilities.contains(.local)
    }

    /// What came of a content, and what type it is of.
    struct Outcome {
        var put: Put
        var mimeType: String
    }

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
        var outcome: Outcome?
        do {
            try produce { piece in
                guard outcome == nil || piece.isEmpty, buffer.count + piece.count <= content.size else {
                    throw ContentLongerThanSaid()
                }
                // What comes in one piece need not be gathered.
                if buffer.isEmpty, piece.count == content.size {
                    outcome = try put(piece, content)
                } else {
                    buffer.append(contentsOf: piece)
                }
            }
        } catch is ContentLongerThanSaid {
            return nil
        }
        if let outcome { return outcome }
        guard buffer.count == content.size else { return nil }
        return try buffer.withUnsafeBytes { try put($0, content) }
    }

    private func put(_ bytes: UnsafeRawBufferPointer, _ content: ContentDescription) throws -> Outcome {
        let put = try engine.silo.put(
            bytes, in: repository.domain, hashedAs: content.isHashed ? content.hash : nil, hint: hint(content.path))
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

    /// What helps to keep small what stands at `path` now: the content that stood there before.
    private func hint(_ path: [UInt8]) throws -> PutHint {
        var hint = PutHint(isBulk: isLocal && byteCount > Self.bulkByteCount)
        guard repository.files > 0 else { return hint }
        let before = try engine.state.read { view in try view.file(repository.id, path: path, asOf: nil) }
        if case .upserted(let mode, let hash, _)? = before?.content, mode != GitMode.submodule {
            hint.predecessor = hash
        }
        return hint
    }
}

/// A content went on beyond the size that its source had said.
struct ContentLongerThanSaid: Error {}
