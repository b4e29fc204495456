import ArgumentParser
import Events
import Glibc
import Ingest
import OpenSSL
import Projections
import Queries

/// `bench dedup`
struct BenchDedup: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "dedup", abstract: "Imports directories into a store that is thrown away, and measures it.",
        discussion: helpDiscussion(
            "The limit is how fast one core reads the same files and takes their SHA-1, which Git's ids need.",
            examples: "ingestor bench dedup ~/code ~/backup/code"))

    @OptionGroup var global: GlobalOptions
    @Argument(help: .init("Directories.", valueName: "dir")) var directories: [ByteArgument]

    func run(_ context: Context) async throws -> ExitStatus {
        var limit = HashingLimit()
        for directory in directories {
            limit.measure(context.absolute(directory.bytes)) {
                context.output.progress("reading: \(Units.count($0)) files")
            }
        }
        context.output.clearProgress()
        let measured = try await Stores.withTemporaryDirectory { temporary in
            try await importAll(context, temporary + "/data")
        }
        let statistics = measured.statistics
        let filesPerSecond = Double(measured.files) / measured.seconds
        let bytesPerSecond = Double(measured.bytes) / measured.seconds
        let ratio = limit.bytesPerSecond > 0 ? bytesPerSecond / limit.bytesPerSecond : 0
        if context.json {
            try context.output.json([
                ("files", .uint(measured.files)), ("bytes", .uint(measured.bytes)),
                ("seconds", .double(measured.seconds)),
                ("filesPerSecond", .double(filesPerSecond)), ("bytesPerSecond", .double(bytesPerSecond)),
                ("dedupRatio", statistics.dedupRatio.map { .double($0) } ?? .null),
                ("compressionRatio", .double(statistics.compressionRatio)),
                ("uniqueBytes", .uint(statistics.uniqueBytes)), ("storedBytes", .uint(statistics.storedBytes)),
                ("limitBytesPerSecond", .double(limit.bytesPerSecond)), ("limitRatio", .double(ratio)),
            ])
        } else {
            try context.output.facts([
                (
                    "imported",
                    "\(Units.count(measured.files, "file")), \(Units.bytes(measured.bytes)) in \(Units.seconds(measured.seconds))"
                ),
                ("rate", "\(Units.count(Int(filesPerSecond))) files a second, \(Units.bytes(Int(bytesPerSecond)))/s"),
                (
                    "limit",
                    "\(Units.bytes(Int(limit.bytesPerSecond)))/s reading and hashing on one core: \(Units.fixed(ratio, 2)) of it"
                ),
                ("distinct", "\(Units.count(statistics.blobs, "content")), \(Units.bytes(statistics.uniqueBytes))"),
                ("on disk", Units.bytes(statistics.storedBytes)),
                ("deduplication", statistics.dedupRatio.map { Units.ratio($0) } ?? "–"),
                ("compression", Units.ratio(statistics.compressionRatio)),
            ])
        }
        return .done
    }

    private func importAll(_ context: Context, _ path: String) async throws -> ImportMeasurement {
        var aside = context
        aside = Context(
            output: context.output, options: context.options, settings: context.settings,
            data: DataDirectory(path: path),
            workingDirectory: context.workingDirectory, arguments: context.arguments)
        _ = try aside.data.create(masterKeyIsConfigured: true)
        guard let lock = try WriterLock.acquire(aside.data, command: "bench") else {
            throw CommandError("\(path) is in use")
        }
        let context = aside
        return try await Stores(context: context).withWriter(holding: lock) { store in
            let tenant = try await store.engine.tenant(named: context.options.tenant, creating: true)
            var measurement = ImportMeasurement()
            let presenter = SyncPresenter(context, count: directories.count)
            let began = ContinuousClock.now
            for directory in directories {
                let locator = Locator(provider: "dir", source: context.absolute(directory.bytes))
                let row = try await store.engine.addRepository(locator, configuration: .init(), tenant: tenant)
                let report = try await store.engine.sync(row.id, progress: { presenter.progress($0) })
                measurement.files += report.files
                measurement.bytes += report.logicalBytes
            }
            measurement.seconds = (ContinuousClock.now - began).seconds
            context.output.clearProgress()
            measurement.statistics = try store.scoped(to: context.options.tenant).reader.queries.statistics()
            return measurement
        }
    }
}
