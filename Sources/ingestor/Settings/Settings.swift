import Ingest
import ProviderKit
import Server
import Silo

/// What a command works with, after flag, environment, file and default. What each of them is, stands in
/// ``SettingDefinition``.
struct Settings: Sendable {
    var dataDirectory: String
    var concurrency: Int
    var maxAttempts: Int
    var maxBlobBytes: UInt64?
    var shardBytes: Int?
    var frameBytes: Int
    var compressionLevels: Silo.Levels
    var snapshotEvents: UInt64
    var digestEvents: UInt64
    /// Nil: those may lie in private networks that no tenant's token has added.
    var allowsPrivateAddresses: Bool?
    var caFile: String?
    var proxy: String?
    var masterKey: [UInt8]?
    var listen: String
    var pollIntervalSeconds: Int
    var minimumPollIntervalSeconds: Int
    var webhookBodyDays: Int
    var gcGraceSeconds: Int
    var gcGraceEvents: Int
    var gcIntervalSeconds: Int
    var gcRecompresses: Bool
    var adminToken: Secret?
    var logOrigin: String?
    var logLevel: LogLevel
    var logFormat: LogFormat
    var allowsCoreDumps: Bool
    var gitHub: GitHubOptions

    static let gcGraceRange = 0...(3650 * 86_400)
    static let gcGraceEventsRange = 0...1_000_000_000

    /// - Throws: ``ConfigurationError`` with all that is wrong, each naming the setting and where it came from.
    init(_ resolved: ResolvedSettings) throws {
        guard resolved.problems.isEmpty else { throw ConfigurationError(problems: resolved.problems) }
        dataDirectory = try resolved.required(.data)
        concurrency = try resolved.number(.concurrency)
        maxAttempts = try resolved.number(.maxAttempts)
        maxBlobBytes = resolved.integer(.maxBlobBytes).map { UInt64($0) }
        shardBytes = resolved.integer(.shardBytes)
        frameBytes = try resolved.number(.frameBytes)
        compressionLevels = Silo.Levels(
            bulk: try resolved.number(.compressionBulk), medium: try resolved.number(.compressionMedium),
            small: try resolved.number(.compressionSmall), hard: try resolved.number(.compressionHard))
        snapshotEvents = UInt64(try resolved.number(.snapshotEvents))
        digestEvents = UInt64(try resolved.number(.digestEvents))
        allowsPrivateAddresses = resolved.text(.allowPrivateAddresses).map { $0 == "true" }
        caFile = resolved.text(.caFile)
        proxy = resolved.text(.proxy)
        masterKey = resolved.text(.masterKey).flatMap { MasterKey.parse($0) }
        listen = try resolved.required(.listen)
        pollIntervalSeconds = try resolved.number(.pollInterval)
        minimumPollIntervalSeconds = try resolved.number(.minimumPollInterval)
        webhookBodyDays = try resolved.number(.webhookBodyDays)
        gcGraceSeconds = try resolved.number(.gcGrace)
        gcGraceEvents = try resolved.number(.gcGraceEvents)
        gcIntervalSeconds = try resolved.number(.gcInterval)
        gcRecompresses = resolved.text(.gcRecompress) == "true"
        adminToken = resolved.text(.adminToken).map { Secret($0) }
        logOrigin = resolved.text(.logOrigin)
        logLevel = LogLevel(rawValue: try resolved.required(.logLevel)) ?? .warning
        logFormat = LogFormat(rawValue: try resolved.required(.logFormat)) ?? .automatic
        allowsCoreDumps = resolved.text(.allowCoreDumps) == "true"
        gitHub = try GitHubOptions(resolved)
    }

    init(_ source: SettingsSource) throws { try self.init(ResolvedSettings(source)) }
}
