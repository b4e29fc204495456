/// The settings that people rely on, by their names in the configuration file. What each one is stands in
/// ``SettingDefinition``.
enum SettingKey: String, CaseIterable, Sendable {
    case data
    case masterKey
    case snapshotEvents
    case digestEvents
    case logOrigin
    case shardBytes
    case frameBytes
    case compressionBulk
    case compressionMedium
    case compressionSmall
    case compressionHard
    case concurrency
    case maxAttempts
    case maxBlobBytes
    case allowPrivateAddresses
    case caFile
    case proxy
    case listen
    case adminToken
    case pollInterval
    case minimumPollInterval
    case githubApiUrl
    case githubGitUrl
    case githubTransport
    case githubWebhookSecret
    case githubAppId
    case githubPrivateKey
    case githubClientId
    case githubClientSecret
    case githubToken
    case webhookBodyDays
    case gcInterval
    case gcGrace
    case gcGraceEvents
    case gcRecompress
    case logLevel
    case logFormat
    case allowCoreDumps

    /// Never shown, and may be given as a file.
    var isSecret: Bool { definition.kind.isSecret }

    /// `INGESTOR_MAX_BLOB_BYTES`.
    var environmentName: String { Self.environmentPrefix + Self.upperSnakeCase(rawValue) }

    /// `--max-blob-bytes`.
    var flagName: String {
        "--" + rawValue.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) }
    }

    /// The name under which a file that holds a secret is given.
    var fileForm: String { rawValue + "File" }
    var environmentFileForm: String { environmentName + "_FILE" }

    /// The names that the file and the environment may have.
    var fileNames: [String] { isSecret ? [rawValue, fileForm] : [rawValue] }
    var environmentNames: [String] { isSecret ? [environmentName, environmentFileForm] : [environmentName] }

    static let environmentPrefix = "INGESTOR_"
    /// Names the configuration file, where `--config` does not.
    static let configurationVariable = "INGESTOR_CONFIG"

    private static func upperSnakeCase(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            if letter.isUppercase { text += "_" }
            text += letter.uppercased()
        }
    }
}
