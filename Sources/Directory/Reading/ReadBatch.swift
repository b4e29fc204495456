import Events
import ProviderKit

/// Files that were read together, their contents one after another in one stretch of memory.
///
/// `@unchecked Sendable`: a ``FolderReader`` fills it, and touches it again only when it is given back.
final class ReadBatch: @unchecked Sendable {
    struct Entry {
        var path: [UInt8]
        var content: Content
    }

    enum Content {
        /// A small file or the target of a link: the id that Git gives it, and where its bytes are.
        case whole(mode: UInt32, hash: SHA1Hash, range: Range<Int>)
        /// A file that is read in pieces, by whoever takes it in.
        case large(LargeFile)
        case skipped(mode: UInt32, size: UInt64, SkipReason)
    }

    private(set) var entries: [Entry] = []
    private(set) var byteCount = 0
    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: targetByteCount + FileContent.wholeByteCount + 1, alignment: 16)

    /// A batch is handed over once it has so many bytes: few enough to be in the processor's cache still.
    static let targetByteCount = 1 << 20
    /// And so many entries, so that a folder of empty files does not gather without end.
    static let targetCount = 1024

    deinit { memory.deallocate() }

    var isFull: Bool { byteCount >= Self.targetByteCount || entries.count >= Self.targetCount }

    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[range]) }

    func removeAll() {
        entries.removeAll(keepingCapacity: true)
        byteCount = 0
    }

    func append(_ path: [UInt8], _ content: Content) { entries.append(Entry(path: path, content: content)) }

    /// Where the next content goes; at least one byte more than a small file has.
    var free: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[byteCount...]) }

    /// The first `count` bytes of ``free`` are taken.
    func take(_ count: Int) -> Range<Int> {
        defer { byteCount += count }
        return byteCount..<byteCount + count
    }
}

/// A file that is too large to be kept in memory.
struct LargeFile: Sendable {
    let directory: OpenDirectory
    let name: [UInt8]
    let mode: UInt32
}
