/// GitHub's numbers, from its documentation unless a line says otherwise; smaller ones make tests quick.
public struct Limits: Sendable {
    // MARK: Requests

    /// Requests an hour without a token.
    public var anonymousPerHour = 60
    /// Requests an hour of a user's token.
    public var userPerHour = 5000
    /// Requests an hour of an installation with 20 repositories or fewer.
    public var installationPerHour = 5000
    /// What each repository beyond 20 adds to it.
    public var installationPerRepository = 50
    public var installationMaximumPerHour = 12_500
    /// Secondary limit: points a minute, a reading request counting 1 and a writing one 5.
    public var pointsPerMinute = 900
    /// Secondary limit: requests of one caller at the same time.
    public var concurrentRequests = 100
    /// Seconds that a caller over a secondary limit is told to wait.
    public var secondaryRetrySeconds: Int64 = 60
    /// Requests a minute that Git over HTTP answers before it says 429. GitHub names no number; nil is no limit.
    public var gitRequestsPerMinute: Int?

    // MARK: Content

    /// Files that a comparison lists, on its first page alone.
    public var comparedFiles = 300
    /// Commits that a comparison lists without paging.
    public var comparedCommits = 250
    /// Entries of a tree's listing.
    public var treeEntries = 100_000
    /// Bytes of a tree's listing.
    public var treeBytes = 7 << 20
    /// Longest blob that the Git data API gives.
    public var blobBytes = 100 << 20
    /// Longest file that `contents` gives inside of JSON.
    public var contentsBytes = 1 << 20

    // MARK: Webhooks

    /// Commits that a push payload lists.
    public var pushedCommits = 2048
    /// A push of more tags at once sends no event.
    public var pushedTags = 3
    /// A push of more branches at once sends no event.
    public var pushedBranches = 5000
    /// A longer payload is not sent.
    public var payloadBytes = 26_214_400
    /// How long the receiver may take.
    public var deliveryTimeout = Duration.seconds(10)
    /// How long a delivery is listed and may be repeated.
    public var deliverySeconds: Int64 = 3 * 86_400

    // MARK: Authentication

    /// Life of an installation's token.
    public var installationTokenSeconds: Int64 = 3600
    /// Life of a user's token that expires.
    public var userTokenSeconds: Int64 = 8 * 3600
    /// Life of its refresh token.
    public var refreshTokenSeconds: Int64 = 15_897_600
    /// How far ahead a JSON web token may expire.
    public var webTokenSeconds: Int64 = 600

    public init() {}
}
