import ArgumentParser
import Events
import Glibc
import Ingest
import Projections
import Queries

/// `bench dedup`
struct BenchDedup: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "dedup", abstract: "Imports directories into a store that is thrown away, and measures it.",
        discussion: helpDiscussion(
            "The store is made in TMPDIR, or /tmp. The limit is what this machine does with the same files where all its processors "
                + "only read, hash and compress, or its disk only writes, whichever is slower; of large trees it is measured with a "
                + "part. A stage's share is what it takes by itself, of the whole processor time; `append` is the rest.",
            examples: "ingestor bench dedup ~/code ~/backup/code"))

    @OptionGroup var global: GlobalOptions
    @Argument(help: .init("Directories.", valueName: "dir")) var directories: [ByteArgument]

    func run(_ context: Context) async throws -> ExitStatus {
        let directories = try directories(context)
        let (limits, measured) = try await Stores.withTemporaryDirectory { temporary in
            let limits = try StageLimits.measure(directories, scratch: temporary) { context.output.progress($0) }
            context.output.clearProgress()
            return (limits, try await importAll(directories, limits, context, temporary + "/data"))
        }
        if context.json {
            try context.output.json(Self.json(measured, limits))
        } else {
            try context.output.facts(Self.facts(measured, limits))
        }
        return .done
    }

    /// Each directory once, however often it is named.
    private func directories(_ context: Context) throws -> [[UInt8]] {
        var result: [[UInt8]] = []
        for argument in directories {
            var status = stat()
            let path = context.absolute(argument.bytes)
            guard path.withCString({ stat($0, &status) }) == 0 else {
                throw CommandError("\(argument.shown): \(String(cString: strerror(errno)))")
            }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw CommandError("\(argument.shown) is no directory: name the one it lies in")
            }
            guard let pointer = path.withCString({ realpath($0, nil) }) else {
                throw CommandError("\(argument.shown): \(String(cString: strerror(errno)))")
            }
            defer { free(pointer) }
            let real = UnsafeBufferPointer(start: pointer, count: strlen(pointer)).map { UInt8(bitPattern: $0) }
            if !result.contains(real) { result.append(real) }
        }
        return result
    }

    private func importAll(
        _ directories: [[UInt8]], _ limits: StageLimits, _ context: Context, _ path: String
    ) async throws -> ImportMeasurement {
        let context = Context(
            output: context.output, options: context.options, settings: context.settings,
            data: DataDirectory(path: path),
            workingDirectory: context.workingDirectory, arguments: context.arguments)
        _ = try context.data.create(masterKeyIsConfigured: context.settings.masterKey != nil)
        guard let lock = try WriterLock.acquire(context.data, command: "bench") else {
            throw CommandError("\(path) is in use")
        }
        return try await Stores(context: context).withWriter(holding: lock) { store in
            let tenant = try await store.engine.tenant(named: context.options.tenant, creating: true)
            var measurement = ImportMeasurement()
            let presenter = SyncPresenter(context, count: directories.count)
            let processorSeconds = ImportMeasurement.processorSeconds()
            let began = ContinuousClock.now
            for directory in directories {
                let locator = Locator(provider: "dir", source: directory)
                let row = try await store.engine.addRepository(locator, configuration: .init(), tenant: tenant)
                let report = try await store.engine.sync(row.id, progress: { presenter.progress($0) })
                measurement.files += report.files
                measurement.bytes += report.logicalBytes
                measurement.skipped += report.skipped
            }
            measurement.seconds = (ContinuousClock.now - began).seconds
            measurement.processorSeconds = ImportMeasurement.processorSeconds() - processorSeconds
            context.output.clearProgress()
            let queries = try store.scoped(to: context.options.tenant).reader.queries
            measurement.statistics = try queries.statistics()
            let lookingUp = ContinuousClock.now
            for hash in limits.sample { _ = try queries.find(hash) }
            if !limits.sample.isEmpty {
                measurement.secondsPerLookUp = (ContinuousClock.now - lookingUp).seconds / Double(limits.sample.count)
            }
            return measurement
        }
    }

    private static func json(_ measured: ImportMeasurement, _ limits: StageLimits) -> [(String, JSONValue)] {
        let statistics = measured.statistics
        let stages = measured.shares(limits).map { stage in
            JSONValue.object([
                ("stage", .string(stage.name)), ("seconds", .double(stage.seconds)), ("share", .double(stage.share)),
            ])
        }
        return [
            ("files", .uint(measured.files)), ("bytes", .uint(measured.bytes)), ("skipped", .uint(measured.skipped)),
            ("seconds", .double(measured.seconds)), ("processorSeconds", .double(measured.processorSeconds)),
            ("filesPerSecond", .double(measured.filesPerSecond)), ("bytesPerSecond", .double(measured.bytesPerSecond)),
            ("dedupRatio", statistics.dedupRatio.map { .double($0) } ?? .null),
            ("compressionRatio", .double(statistics.compressionRatio)),
            ("blobs", .uint(statistics.blobs)), ("uniqueBytes", .uint(statistics.uniqueBytes)),
            ("storedBytes", .uint(statistics.storedBytes)), ("stages", .array(stages)),
            ("limitBytesPerSecond", .double(limits.bytesPerSecond)),
            ("limitRatio", .double(StageLimits.rate(measured.bytesPerSecond, limits.bytesPerSecond))),
            ("processors", .count(Processors.count)), ("limitMeasuredBytes", .uint(limits.bytes)),
            ("readBytesPerSecond", .double(limits.readBytesPerSecond)),
            ("hashBytesPerSecond", .double(limits.hashBytesPerSecond)),
            ("compressBytesPerSecond", .double(limits.compressBytesPerSecond)),
            ("diskBytesPerSecond", .double(limits.diskBytesPerSecond)),
            ("lookUpsPerSecond", .double(StageLimits.rate(1, measured.secondsPerLookUp))),
        ]
    }

    private static func facts(_ measured: ImportMeasurement, _ limits: StageLimits) -> [(String, String)] {
        func rate(_ value: Double) -> String { "\(Units.bytes(Int(value)))/s" }
        let statistics = measured.statistics
        var facts = [
            (
                "imported",
                "\(Units.count(measured.files, "file")), \(Units.bytes(measured.bytes)) in \(Units.seconds(measured.seconds))"
            )
        ]
        if measured.skipped > 0 {
            facts.append(("left out", "\(Units.count(measured.skipped)) that cannot be read or are no files"))
        }
        facts += [
            ("rate", "\(Units.count(Int(measured.filesPerSecond))) files a second, \(rate(measured.bytesPerSecond))"),
            ("distinct", "\(Units.count(statistics.blobs, "content")), \(Units.bytes(statistics.uniqueBytes))"),
            ("on disk", Units.bytes(statistics.storedBytes)),
            ("deduplication", statistics.dedupRatio.map { Units.ratio($0) } ?? "–"),
            ("compression", Units.ratio(statistics.compressionRatio)),
            (
                "stages",
                measured.shares(limits).map { "\($0.name) \(Units.fixed(100 * $0.share, 0)) %" }
                    .joined(separator: ", ") + " of \(Units.seconds(measured.processorSeconds)) of processor time"
            ),
        ]
        guard limits.bytes > 0 else { return facts }
        let ratio = StageLimits.rate(measured.bytesPerSecond, limits.bytesPerSecond)
        let part = limits.bytes < measured.bytes ? ", measured with \(Units.bytes(limits.bytes))" : ""
        return facts + [
            (
                "limit",
                "\(rate(limits.bytesPerSecond)) on \(Units.count(Processors.count, "processor"))\(part); the import reached \(Units.fixed(ratio, 2)) of it"
            ),
            (
                "one processor",
                "reads \(rate(limits.readBytesPerSecond)), hashes \(rate(limits.hashBytesPerSecond)), compresses \(rate(limits.compressBytesPerSecond))"
            ),
            ("disk", "\(rate(limits.diskBytesPerSecond)) written and synced"),
        ]
    }
}
