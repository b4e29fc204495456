import LMDB

extension Silo {
    /// Opens a store; a writer makes it where it is missing.
    ///
    /// Cheap where the last writer ended, well or not, since the machine was started: what it had not flushed is looked at,
    /// and cut off where it is not whole.
    ///
    /// - Parameters:
    ///   - directory: of the shards.
    ///   - locations: directory of the location index, and of nothing else.
    /// - Throws: `SiloError`; `.encrypted` or `.unknownFormat` where a shard cannot be read by this version.
    public static func open(
        directory: String, locations: String, mode: Mode, options: Options
    ) throws(SiloError) -> Silo {
        try open(directory: directory, locations: locations, mode: mode, options: options, disk: Disk())
    }

    static func open(
        directory path: String, locations locationsPath: String, mode: Mode, options: Options, disk: Disk
    ) throws(SiloError) -> Silo {
        let benches = WorkbenchPool()
        var directory: ShardDirectory
        let locations: any LocationStore
        var report = OpenReport()
        switch mode {
        case .writer:
            directory = try ShardDirectory.create(path, disk)
            let (store, isNew) = try writableLocations(locationsPath, options.bootID)
            locations = store
            report.hasRebuiltLocations = isNew
        case .reader:
            directory = ShardDirectory(path: path)
            let store = try readableLocations(locationsPath, options.bootID)
            locations = store ?? MemoryLocations()
            report.hasRebuiltLocations = store == nil
        }
        directory.keys = options.keys
        var recovery = Recovery(
            directory: directory, locations: locations, benches: benches, disk: disk, mayCut: mode == .writer,
            report: report)
        if mode == .writer || report.hasRebuiltLocations { try recovery.run() }
        // A store that was just made is nothing that had to be made anew.
        if recovery.isEmpty { recovery.report.hasRebuiltLocations = false }
        let reader = Reader(directory, benches, cachedFrameByteCount: options.cachedFrameByteCount)
        let writer =
            mode == .reader
            ? nil
            : Writer(
                directory: directory, locations: locations, options: options, disk: disk, benches: benches,
                reader: reader,
                open: recovery.open, lastShardID: recovery.lastShardID)
        return Silo(
            directory: directory, locations: locations, benches: benches, reader: reader, writer: writer,
            openReport: recovery.report)
    }

    /// Makes the location index anew from the shards. Nobody may put meanwhile.
    ///
    /// - Returns: damage that was found on the way.
    @discardableResult
    public func rebuildLocations() throws(SiloError) -> [OpenReport.Damage] {
        let writer = try writer
        try writer.flush()
        try locations.clear()
        var recovery = Recovery(
            directory: directory, locations: locations, benches: benches, disk: writer.disk, mayCut: false,
            report: OpenReport())
        try recovery.run()
        return recovery.report.damages
    }

    /// The index of a writer, and whether it is empty because the old one was missing or not to be believed.
    private static func writableLocations(
        _ path: String, _ bootID: [UInt8]
    ) throws(SiloError) -> (LMDBLocations, isNew: Bool) {
        do {
            let store = try LMDBLocations(path: path, isReadOnly: false)
            if try store.isBelievable(bootID: bootID), try store.isConsistent() {
                try store.begin(bootID: bootID)
                return (store, false)
            }
        } catch let error as LMDBError where error.code == .alreadyOpen || error.code == .permissionDenied {
            throw SiloError(.inputOutput, "opening the location index: \(error)")
        } catch {
            // Whatever is wrong with it, it is made anew; if that is impossible, the reason comes up again below.
        }
        try LMDBLocations.remove(path: path)
        let store: LMDBLocations
        do throws(LMDBError) {
            store = try LMDBLocations(path: path, isReadOnly: false)
        } catch {
            throw SiloError(.inputOutput, "making the location index: \(error)")
        }
        try store.begin(bootID: bootID)
        return (store, true)
    }

    /// The index that a writer left or keeps; nil where there is none that can be believed.
    private static func readableLocations(_ path: String, _ bootID: [UInt8]) throws(SiloError) -> LMDBLocations? {
        let store: LMDBLocations
        do throws(LMDBError) {
            store = try LMDBLocations(path: path, isReadOnly: true)
        } catch {
            guard error.code != .alreadyOpen, error.code != .permissionDenied else {
                throw SiloError(.inputOutput, "opening the location index: \(error)")
            }
            return nil
        }
        guard try store.isBelievable(bootID: bootID) else { return nil }
        return try store.isConsistent() ? store : nil
    }
}
