import GitHub
import Ingest
import Silo
import State

/// One row of the table of settings: from it come the checks, `config show`, and the reference page.
struct SettingDefinition: Sendable {
    /// When a new value holds in a service that runs.
    enum Change: String, Sendable {
        /// Once it was told to read its configuration again.
        case live
        /// Only from its next start.
        case restart
    }

    var kind: SettingKind
    /// The value where nobody says anything; nil: there is none.
    var defaultText: String?
    /// What holds then.
    var withoutValue = ""
    var change: Change
    /// A sentence for the reference.
    var summary: String
}

/// Settings that belong together.
enum SettingSection: String, CaseIterable, Sendable {
    case store = "What is kept, and where"
    case work = "Reading sources"
    case service = "The service"
    case gitHub = "GitHub"
    case garbage = "Garbage"
    case logging = "Logging and debugging"
}

extension SettingKey {
    var section: SettingSection {
        switch self {
        case .data, .masterKey, .snapshotEvents, .digestEvents, .logOrigin, .shardBytes, .frameBytes, .compressionBulk,
            .compressionMedium, .compressionSmall, .compressionHard:
            .store
        case .concurrency, .maxAttempts, .maxBlobBytes, .allowPrivateAddresses, .caFile, .proxy: .work
        case .listen, .adminToken, .pollInterval, .minimumPollInterval: .service
        case .githubApiUrl, .githubGitUrl, .githubTransport, .githubWebhookSecret, .githubAppId, .githubPrivateKey,
            .githubClientId, .githubClientSecret, .githubToken:
            .gitHub
        case .webhookBodyDays, .gcInterval, .gcGrace, .gcGraceEvents, .gcRecompress: .garbage
        case .logLevel, .logFormat, .allowCoreDumps: .logging
        }
    }

    var definition: SettingDefinition {
        switch self {
        case .data:
            .init(
                kind: .directory, defaultText: "./ingestor-data", change: .restart,
                summary: "The data directory: everything that is kept.")
        case .masterKey:
            .init(
                kind: .key, withoutValue: "the data directory's own, in `keys/master.key`", change: .restart,
                summary: "The key that wraps the tenants' keys and the secrets of credentials.")
        case .snapshotEvents:
            .init(
                kind: .integer(0...(1 << 40)), defaultText: "\(StateOptions.defaultSnapshotIntervalEvents)",
                change: .restart,
                summary: "Events between two snapshots of the state, at least; 0: none are taken.")
        case .digestEvents:
            .init(
                kind: .integer(0...(1 << 40)), defaultText: "\(EngineOptions.defaultDigestIntervalEvents)",
                change: .restart,
                summary: "Events between two digests of the state in the log, at least; 0: none are recorded.")
        case .logOrigin:
            .init(
                kind: .signerName, withoutValue: "a name made from the key", change: .restart,
                summary: "By what name checkpoints of the log are signed.")
        case .shardBytes:
            .init(
                kind: .integer((64 << 10)...(64 << 30)), withoutValue: "the store's own size", change: .restart,
                summary: "A shard of the blob store is sealed beyond so many bytes.")
        case .frameBytes:
            .init(
                kind: .integer((4 << 10)...(4 << 20)), defaultText: "\(Silo.Options.defaultFrameByteCount)",
                change: .restart,
                summary:
                    "Bytes of content that are compressed together. More take less room, and longer to read one file of."
            )
        case .compressionBulk:
            .init(
                kind: .integer(Silo.Options.levelRange), defaultText: "\(Silo.Options.defaultLevels.bulk)",
                change: .restart,
                summary: "Zstandard's level for bulk imports, and while more comes in than is compressed.")
        case .compressionMedium:
            .init(
                kind: .integer(Silo.Options.levelRange), defaultText: "\(Silo.Options.defaultLevels.medium)",
                change: .restart,
                summary: "The level for syncs of some megabytes, and where the network is slower than compressing.")
        case .compressionSmall:
            .init(
                kind: .integer(Silo.Options.levelRange), defaultText: "\(Silo.Options.defaultLevels.small)",
                change: .restart,
                summary: "The level for syncs that bring little.")
        case .compressionHard:
            .init(
                kind: .integer(Silo.Options.levelRange), defaultText: "\(Silo.Options.defaultLevels.hard)",
                change: .restart,
                summary: "The level of `gc --recompress`.")
        case .concurrency:
            .init(
                kind: .integer(1...64), defaultText: "4", change: .restart,
                summary: "How many sources are read at once.")
        case .maxAttempts:
            .init(
                kind: .integer(1...100), defaultText: "5", change: .restart,
                summary: "After so many failed attempts a job goes to the dead letters.")
        case .maxBlobBytes:
            .init(
                kind: .integer(0...(1 << 50)), withoutValue: "no limit", change: .restart,
                summary: "Larger contents are skipped, and recorded as skipped.")
        case .allowPrivateAddresses:
            .init(
                kind: .boolean, withoutValue: "`git:` sources that a tenant has not added by its token may",
                change: .restart,
                summary: "Whether sources may lie in private networks and on this machine.")
        case .caFile:
            .init(
                kind: .readableFile, withoutValue: "the system's", change: .restart,
                summary: "Certificates (PEM) of authorities to trust, instead of the system's.")
        case .proxy:
            .init(
                kind: .proxy, withoutValue: "none", change: .restart,
                summary: "The way to everything that is asked over HTTP, such as `http://proxy:3128`.")
        case .listen:
            .init(
                kind: .address, defaultText: "127.0.0.1:8080", change: .restart,
                summary: "Where `serve` listens, unless systemd hands it a socket. It speaks HTTP: TLS is a proxy's.")
        case .adminToken:
            .init(
                kind: .secret, withoutValue: "nobody is the administrator", change: .live,
                summary: "Whoever has it sees and does everything over HTTP.")
        case .pollInterval:
            .init(
                kind: .integer(1...(30 * 86_400)), defaultText: "3600", change: .live,
                summary: "Seconds between two polls of a source that does not change.")
        case .minimumPollInterval:
            .init(
                kind: .integer(1...(30 * 86_400)), defaultText: "300", change: .live,
                summary: "Seconds between two polls of a source that changes all the time.")
        case .githubApiUrl:
            .init(
                kind: .url, defaultText: "https://api.github.com", change: .restart,
                summary: "The REST API; of an Enterprise Server `https://HOST/api/v3`.")
        case .githubGitUrl:
            .init(
                kind: .url, defaultText: "https://github.com", change: .restart,
                summary: "The Git server and the web pages; of an Enterprise Server `https://HOST`.")
        case .githubTransport:
            .init(
                kind: .choice(GitHubSettings.Transport.allCases.map(\.rawValue)),
                defaultText: GitHubSettings.Transport.automatic.rawValue, change: .restart,
                summary: "How contents are fetched; `automatic`: with Git, and over REST where Git is not reached.")
        case .githubWebhookSecret:
            .init(
                kind: .secrets, withoutValue: "webhooks are refused", change: .live,
                summary: "Signs webhooks. Several hold at once: a list in the file, or one a line.")
        case .githubAppId:
            .init(
                kind: .text, withoutValue: "no App", change: .live,
                summary: "The App's id, or its client id. Needs `githubPrivateKey`.")
        case .githubPrivateKey:
            .init(kind: .secret, withoutValue: "no App", change: .live, summary: "The App's private key (PEM).")
        case .githubClientId:
            .init(
                kind: .text, withoutValue: "the App's id", change: .live,
                summary: "With which the tokens of users are renewed. Needs `githubClientSecret`.")
        case .githubClientSecret:
            .init(
                kind: .secret, withoutValue: "tokens of users are not renewed", change: .live,
                summary: "The App's client secret.")
        case .githubToken:
            .init(
                kind: .secret, withoutValue: "public repositories are read as anybody may", change: .live,
                summary: "With which the default tenant reads, where it has given no other access.")
        case .webhookBodyDays:
            .init(
                kind: .integer(0...36_500), defaultText: "90", change: .live,
                summary: "Days for which the bodies of webhooks are kept.")
        case .gcInterval:
            .init(
                kind: .integer(0...(30 * 86_400)), defaultText: "3600", change: .restart,
                summary: "Seconds between two collections of `serve`; 0: it never collects.")
        case .gcGrace:
            .init(
                kind: .integer(Settings.gcGraceRange), defaultText: "\(7 * 86_400)", change: .live,
                summary: "Seconds that what nothing names stays before it is deleted.")
        case .gcGraceEvents:
            .init(
                kind: .integer(Settings.gcGraceEventsRange), defaultText: "100", change: .live,
                summary: "Events that have to follow before what nothing names is deleted.")
        case .gcRecompress:
            .init(
                kind: .boolean, defaultText: "false", change: .live,
                summary: "Whether those collections also pack sealed shards harder.")
        case .logLevel:
            .init(
                kind: .choice(LogLevel.allCases.map(\.rawValue)), defaultText: LogLevel.warning.rawValue, change: .live,
                summary: "What is logged to standard error, and all that is worse.")
        case .logFormat:
            .init(
                kind: .choice(LogFormat.allCases.map(\.rawValue)), defaultText: LogFormat.automatic.rawValue,
                change: .live,
                summary: "How; `auto`: as text on a terminal, as JSON elsewhere.")
        case .allowCoreDumps:
            .init(
                kind: .boolean, defaultText: "false", change: .restart,
                summary:
                    "Whether a crash may leave the process's memory, keys and all, in a file, and a debugger may look into it."
            )
        }
    }
}
