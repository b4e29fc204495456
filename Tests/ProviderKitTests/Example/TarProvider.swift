import Events
import Foundation
import GitProtocol
import ProviderKit

/// The worked example of the documentation: `tar:PATH`, the files of a tar archive that is not compressed.
///
/// It is a whole provider: the conformance suite runs on it, and the engine would take it as it is.
struct TarProvider: Provider {
    let name = "tar"
    let capabilities: ProviderCapabilities = [.listsIdentifiers]

    /// One archive has one locator, whatever way leads to it.
    func normalize(_ locator: Locator) throws -> Locator {
        let path = String(decoding: locator.source, as: UTF8.self)
        guard path.hasPrefix("/"), path.hasSuffix(".tar") else {
            throw ProviderError.permanent(.malformed, "an archive is named by its whole path: tar:/srv/code.tar")
        }
        return Locator(provider: name, source: Array((path as NSString).standardizingPath.utf8))
    }

    func session(with source: Source) throws -> any ProviderSession { TarSession(source: source) }
}

/// One reading of an archive.
struct TarSession: ProviderSession {
    let source: Source

    /// Nothing crosses a wire.
    var traffic: Traffic { Traffic() }

    private var path: String { String(decoding: source.locator.source, as: UTF8.self) }

    /// The cheapest question that there is: whether the file is the one that it was.
    func head(since checkpoint: Checkpoint?) async throws -> SourceHead {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw ProviderError.permanent(.notFound, "there is no archive \(path): \(String(cString: strerror(errno)))")
        }
        let time = status.st_mtim
        let validator = Array("\(status.st_ino)-\(status.st_size)-\(time.tv_sec).\(time.tv_nsec)".utf8)
        return SourceHead(commit: nil, validator: validator, changed: validator != checkpoint?.validator)
    }

    /// First the contents, then the items in the order of their paths' bytes: an archive has them in any order.
    func observe(
        _ head: SourceHead, known: any KnownContent, into sink: any ObservationSink
    ) async throws -> Observation {
        let archive = try TarArchive(path: path, limits: source.limits)
        let filter = try PathFilter(include: source.configuration.include, exclude: source.configuration.exclude)
        var tree = TreeAssembler()
        var leftOut: [UInt8]?
        for entry in archive.entries {
            // What is left out is an item too, and says why; a directory stands for all below it.
            if let directory = Self.directoryLeftOut(entry.path, filter) {
                if directory != leftOut { try await sink.item(Self.skipped(directory, GitMode.tree, .excluded)) }
                leftOut = directory
                continue
            }
            try await sink.item(try await observe(entry, in: archive, filter, into: sink, &tree))
        }
        let id = SHA1Hash(tree.finish())
        try await sink.fetched(
            FetchCompleted(
                mode: .walk, commit: id, bytesReceived: archive.byteCount, objects: UInt64(archive.entries.count)))
        return Observation(commit: id, tree: id)
    }

    private func observe(
        _ entry: TarArchive.Entry, in archive: TarArchive, _ filter: PathFilter, into sink: any ObservationSink,
        _ tree: inout TreeAssembler
    ) async throws -> ObservedItem {
        guard filter.matches(entry.path) else { return Self.skipped(entry.path, entry.mode, .excluded) }
        if let limit = source.limits.maximumBlobByteCount, entry.size > limit {
            return Self.skipped(entry.path, entry.mode, .tooLarge, size: entry.size)
        }
        let hash = try archive.hash(of: entry)
        tree.add(entry.path, mode: FileMode(rawValue: entry.mode), id: ObjectID(hash))
        if try await sink.needs(hash) {
            let content = ContentDescription(hash: hash, size: entry.size, path: entry.path)
            switch try await sink.store(content, { write in try archive.forEachPiece(of: entry, write) }) {
            case .stored, .present: break
            case .refused:
                return Self.skipped(entry.path, entry.mode, .hashCollision, hash: hash, size: entry.size)
            // Between the two readings it was written to.
            case .mismatched:
                throw ProviderError.transient(.hashMismatch, "the archive \(path) changes: it is read again")
            }
        }
        return ObservedItem(path: entry.path, content: .blob(mode: entry.mode, hash: hash, size: entry.size))
    }

    /// The outermost directory around a path in which nothing can be wanted, with a slash at its end.
    private static func directoryLeftOut(_ path: [UInt8], _ filter: PathFilter) -> [UInt8]? {
        path.indices.first { path[$0] == UInt8(ascii: "/") && !filter.couldMatchBelow(Array(path[..<$0])) }
            .map { Array(path[...$0]) }
    }

    private static func skipped(
        _ path: [UInt8], _ mode: UInt32, _ reason: SkipReason, hash: SHA1Hash = .zero, size: UInt64 = 0
    ) -> ObservedItem {
        ObservedItem(path: path, content: .skipped(mode: mode, hash: hash, size: size, reason: reason))
    }

    func identifiers(at head: SourceHead, _ body: (_ path: [UInt8], _ hash: SHA1Hash) throws -> Void) async throws {
        let archive = try TarArchive(path: path, limits: source.limits)
        for entry in archive.entries { try body(entry.path, try archive.hash(of: entry)) }
    }
}
