/// The settings that people rely on, by their names in the configuration file. All are known, so that a slip of the pen is
/// found; those that no command uses yet are only checked for their names.
enum SettingKey: String, CaseIterable, Sendable {
    case data
    case listen
    case githubApiUrl
    case githubGitUrl
    case githubWebhookSecret
    case githubToken
    case githubAppId
    case githubPrivateKey
    case githubClientId
    case githubClientSecret
    case githubTransport
    case adminToken
    case masterKey
    case pollInterval
    case minimumPollInterval
    case maxAttempts
    case maxBlobBytes
    case concurrency
    case webhookBodyDays
    case allowPrivateAddresses
    case caFile
    case proxy
    case shardBytes
    case gcGrace
    case gcGraceEvents
    case gcInterval
    case gcRecompress
    case snapshotEvents
    case logOrigin
    case digestEvents

    /// Never shown, and may be given as a file.
    var isSecret: Bool {
        switch self {
        case .githubWebhookSecret, .githubToken, .githubPrivateKey, .githubClientSecret, .adminToken, .masterKey: true
        default: false
        }
    }

    /// `INGESTOR_MAX_BLOB_BYTES`.
    var environmentName: String { Self.environmentPrefix + Self.upperSnakeCase(rawValue) }

    /// The name under which a file that holds a secret is given.
    var fileForm: String { rawValue + "File" }
    var environmentFileForm: String { environmentName + "_FILE" }

    static let environmentPrefix = "INGESTOR_"

    static let fileNames = Set(allCases.flatMap { $0.isSecret ? [$0.rawValue, $0.fileForm] : [$0.rawValue] })
    static let environmentNames = Set(
        allCases.flatMap { $0.isSecret ? [$0.environmentName, $0.environmentFileForm] : [$0.environmentName] })

    private static func upperSnakeCase(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            if letter.isUppercase { text += "_" }
            text += letter.uppercased()
        }
    }
}
