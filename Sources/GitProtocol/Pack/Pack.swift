/// An object of a pack, before its content is read.
public struct PackedObject: Hashable, Sendable {
    /// The SHA-1 of its content, computed from what was received.
    public let id: ObjectID
    public let kind: ObjectKind
    /// Length of the content.
    public let sizeBytes: UInt64
    /// Whether it lies in the pack as a delta. Whole objects are streamed; a delta's result is made in one piece.
    public let isDelta: Bool
}

/// A pack in a file, with every object's id known and the trailer checked.
///
/// Immutable, so any number of `PackReader`s may read it at once. The file must stay as it is until the last one is gone;
/// it may be unlinked.
public final class Pack: Sendable {
    let file: MappedFile
    let table: PackTable
    let limits: PackLimits
    let scratchDirectory: String
    let bases: any BaseProvider
    /// Rows in the order of their ids.
    private let byID: [UInt32]
    /// Number of objects in the pack.
    public let objectCount: Int

    init(
        scanned: PackTable, path: String, limits: PackLimits, bases: any BaseProvider, observer: (any PackObserver)?
    ) throws {
        file = try MappedFile(path: path)
        scratchDirectory = Self.directory(of: path)
        let loader = try ObjectLoader(file: file, limits: limits, scratchDirectory: scratchDirectory, bases: bases)
        let table = try PackResolver.resolve(scanned, loader: loader, limits: limits, observer: observer)
        let count = scanned.count
        self.table = table
        self.limits = limits
        self.bases = bases
        objectCount = count
        byID = (0..<UInt32(count)).sorted { table.ids[Int($0)] < table.ids[Int($1)] }
    }

    /// Indexes a pack that lies in a file.
    ///
    /// - Parameters:
    ///   - bases: asked for the bases that a thin pack leaves out.
    ///   - observer: is shown every object once.
    /// - Throws: `GitFormatError`, or what `bases` or `observer` throw.
    public static func open(
        path: String, limits: PackLimits = PackLimits(), bases: any BaseProvider = NoBases(),
        observer: (any PackObserver)? = nil
    ) throws -> Pack {
        let file = try MappedFile(path: path)
        let scanner = try PackScanner(limits: limits, observer: observer)
        var start = 0
        while start < file.bytes.count {
            let end = min(start + scanPieceBytes, file.bytes.count)
            try scanner.feed(UnsafeRawBufferPointer(rebasing: file.bytes[start..<end]))
            start = end
        }
        return try Pack(scanned: scanner.finish(), path: path, limits: limits, bases: bases, observer: observer)
    }

    private static let scanPieceBytes = 1 << 24

    /// The objects in pack order.
    public subscript(index: Int) -> PackedObject {
        // `kinds` has no nil left once the pack is resolved.
        PackedObject(
            id: table.ids[index], kind: table.kinds[index] ?? .blob, sizeBytes: table.sizes[index],
            isDelta: table.storages[index] != .whole)
    }

    /// Where an object stands in pack order; nil where the pack does not hold it.
    public func index(of id: ObjectID) -> Int? {
        var low = 0
        var high = byID.count
        while low < high {
            let middle = (low + high) / 2
            if table.ids[Int(byID[middle])] < id { low = middle + 1 } else { high = middle }
        }
        guard low < byID.count, table.ids[Int(byID[low])] == id else { return nil }
        return Int(byID[low])
    }

    /// Whether the pack holds an object.
    public func contains(_ id: ObjectID) -> Bool { index(of: id) != nil }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
