import EventLog
import Ingest
import ProviderKit
import State

/// What a command works with, after flag, environment, file and default.
struct Settings: Sendable {
    var dataDirectory = "./ingestor-data"
    /// How many sources are read at once.
    var concurrency = 4
    /// After so many failed attempts a job goes to the dead letters.
    var maxAttempts = 5
    /// Larger contents are skipped and recorded; nil: no limit.
    var maxBlobBytes: UInt64?
    /// A shard of the blob store is sealed beyond this size; nil: the store's own default.
    var shardBytes: Int?
    /// Events between two snapshots of the state, at least; 0: none are taken.
    var snapshotEvents = StateOptions.defaultSnapshotIntervalEvents
    /// Events between two digests of the state in the log, at least; 0: none are recorded.
    var digestEvents = EngineOptions.defaultDigestIntervalEvents
    /// Whether sources may lie in private networks; nil: those of the default tenant may.
    var allowsPrivateAddresses: Bool?
    /// Certificates to trust instead of the system's.
    var caFile: String?
    var proxy: String?
    /// Given from outside; else it lies in the data directory.
    var masterKey: [UInt8]?
    /// Where `serve` listens.
    var listen = "127.0.0.1:8080"
    /// Seconds between two polls of a source that does not change.
    var pollInterval = 3600
    /// And of one that changes all the time.
    var minimumPollInterval = 300
    /// Days for which the bodies of webhooks are kept.
    var webhookBodyDays = 90
    /// Seconds, and events, that what nothing names stays before it is deleted.
    var gcGrace = 7 * 86_400
    var gcGraceEvents = 100
    /// Seconds between two collections of `serve`; 0: it never collects.
    var gcInterval = 3600
    /// Whether those also pack sealed shards harder.
    var gcRecompresses = false
    /// Lets whoever has it see and do everything over HTTP; nil: nobody may.
    var adminToken: Secret?
    /// By what name checkpoints of the log are signed; nil: one that is made from the key.
    var logOrigin: String?
    var gitHub = GitHubOptions()

    static let concurrencyRange = 1...64
    static let maxAttemptsRange = 1...100
    static let pollIntervalRange = 1...(30 * 86_400)
    static let webhookBodyDaysRange = 0...36_500
    static let gcGraceRange = 0...(3650 * 86_400)
    static let gcGraceEventsRange = 0...1_000_000_000
    static let gcIntervalRange = 0...(30 * 86_400)
    static let snapshotEventsRange = 0...(1 << 40)
    static let digestEventsRange = 0...(1 << 40)
    static let shardBytesRange = (64 << 10)...(64 << 30)

    init() {}

    /// - Throws: ``CommandError`` (usage) that names the setting, where it came from, and what it should be.
    init(_ source: SettingsSource) throws {
        if let value = try source.string(.data) {
            guard !value.text.isEmpty else { throw value.refused("the path of a directory") }
            dataDirectory = value.text
        }
        if let value = try source.string(.concurrency) { concurrency = try value.integer(in: Self.concurrencyRange) }
        if let value = try source.string(.maxAttempts) { maxAttempts = try value.integer(in: Self.maxAttemptsRange) }
        if let value = try source.string(.maxBlobBytes) { maxBlobBytes = UInt64(try value.integer(in: 0...(1 << 50))) }
        if let value = try source.string(.shardBytes) { shardBytes = try value.integer(in: Self.shardBytesRange) }
        if let value = try source.string(.digestEvents) {
            digestEvents = UInt64(try value.integer(in: Self.digestEventsRange))
        }
        if let value = try source.string(.snapshotEvents) {
            snapshotEvents = UInt64(try value.integer(in: Self.snapshotEventsRange))
        }
        if let value = try source.string(.allowPrivateAddresses) {
            guard ["true", "false"].contains(value.text) else { throw value.refused("true or false") }
            allowsPrivateAddresses = value.text == "true"
        }
        if let value = try source.string(.caFile) {
            guard !value.text.isEmpty else { throw value.refused("the path of a PEM file") }
            caFile = value.text
        }
        if let value = try source.string(.proxy) {
            guard !value.text.isEmpty else { throw value.refused("a URL") }
            proxy = value.text
        }
        if let value = try source.secret(.masterKey) {
            masterKey = try MasterKey.parse(value.text, origin: value.origin)
        }
        if let value = try source.string(.logOrigin) {
            guard NoteVerifier.isName(value.text) else {
                throw value.refused("a name without spaces and plus signs, such as example.org/ingestor")
            }
            logOrigin = value.text
        }
        if let value = try source.string(.listen) { listen = value.text }
        if let value = try source.string(.pollInterval) { pollInterval = try value.integer(in: Self.pollIntervalRange) }
        if let value = try source.string(.minimumPollInterval) {
            minimumPollInterval = try value.integer(in: Self.pollIntervalRange)
        }
        if let value = try source.string(.webhookBodyDays) {
            webhookBodyDays = try value.integer(in: Self.webhookBodyDaysRange)
        }
        if let value = try source.string(.gcGrace) { gcGrace = try value.integer(in: Self.gcGraceRange) }
        if let value = try source.string(.gcGraceEvents) {
            gcGraceEvents = try value.integer(in: Self.gcGraceEventsRange)
        }
        if let value = try source.string(.gcInterval) { gcInterval = try value.integer(in: Self.gcIntervalRange) }
        if let value = try source.string(.gcRecompress) {
            guard ["true", "false"].contains(value.text) else { throw value.refused("true or false") }
            gcRecompresses = value.text == "true"
        }
        if let value = try source.secret(.adminToken) {
            guard !value.text.isEmpty else { throw value.refused("a token that is not empty") }
            adminToken = Secret(value.text)
        }
        gitHub = try GitHubOptions(source)
    }
}
