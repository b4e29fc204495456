import EventLog
import Events
import Projections
import ProviderKit
import Silo
import State

extension SyncSink {
    func storeLargeFile(
        pointer: SHA1Hash, contentHash: SHA256Hash, size: UInt64, path: [UInt8],
        _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome {
        if !known.isDistrusted, try isStored(pointer, contentHash) { return .present }
        guard let wholeSize = Int(exactly: size) else { return .mismatched }
        let stream = try engine.silo.putStream(in: repository.domain, byteCount: wholeSize)
        var hasher = SHA256Hasher()
        var start: [UInt8] = []
        var byteCount: UInt64 = 0
        do {
            try produce { piece in
                byteCount += UInt64(piece.count)
                guard byteCount <= size else { throw ContentLongerThanSaid() }
                start.append(contentsOf: piece.prefix(MIMEType.sniffedByteCount - start.count))
                hasher.update(piece)
                try stream.write(piece)
            }
        } catch is ContentLongerThanSaid {
            try stream.cancel()
            return .mismatched
        } catch {
            try stream.cancel()
            throw error
        }
        // The pointer names its content by another hash than the store does, so that one is checked here.
        guard byteCount == size, hasher.finish() == contentHash else {
            try stream.cancel()
            return .mismatched
        }
        let put = try stream.finish()
        guard case .stored(let blob) = put else {
            guard case .present(let blob) = put else { return .refused }
            try await record(blob, pointer, path, start)
            return .present
        }
        try await record(blob, pointer, path, start)
        return .stored
    }

    private func record(_ blob: BlobInfo, _ pointer: SHA1Hash, _ path: [UInt8], _ start: [UInt8]) async throws {
        let event = LargeFileStored(
            pointer: pointer, hash: blob.sha1, contentHash: blob.sha256, size: UInt64(blob.byteCount))
        try await record(event, path: path, head: start.withUnsafeBytes { MIMEType.Head($0) })
    }

    private func isStored(_ pointer: SHA1Hash, _ contentHash: SHA256Hash) throws -> Bool {
        try engine.state.read { view in
            guard let known = try view.largeFile(pointer, in: repository.domain), known.contentHash == contentHash
            else { return false }
            return try view.isStored(known.hash, in: repository.domain)
        }
    }
}
