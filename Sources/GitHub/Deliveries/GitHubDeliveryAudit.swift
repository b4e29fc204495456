import Events
import ProviderKit

/// What GitHub says of the webhooks that it sent for the App: `GET /app/hook/deliveries`.
struct GitHubDeliveryAudit: DeliveryAudit {
    let provider = RepositoryName.provider
    private let settings: GitHubSettings
    private let book: CredentialBook
    private let makeClient: @Sendable () -> RESTClient

    /// github.com remembers, and sends again, for three days; GitHub Enterprise Server for seven.
    let windowSeconds: Double
    /// Deliveries a page: GitHub's most.
    static let pageCount = 100
    /// Pages that are read at most: a million deliveries.
    static let maximumPages = 10_000

    init(settings: GitHubSettings, book: CredentialBook, makeClient: @escaping @Sendable () -> RESTClient) {
        self.settings = settings
        windowSeconds = (settings.isEnterpriseServer ? 7 : 3) * 86_400
        self.book = book
        self.makeClient = makeClient
    }

    func deliveries(since: Timestamp) async throws -> [ReportedDelivery] {
        let since = max(since, settings.now().adding(seconds: -windowSeconds))
        let (client, app) = (makeClient(), try book.app())
        var found: [ReportedDelivery] = []
        var page: String? = "/app/hook/deliveries?per_page=\(Self.pageCount)"
        for _ in 0..<Self.maximumPages {
            guard let path = page else { break }
            let answer = try await client.send(RESTRequest(path), as: app)
            guard answer.isSuccess else { throw answer.failure("list of the App's deliveries") }
            guard let told = try answer.json().array else {
                throw ProviderError.transient(.malformed, "GitHub's list of deliveries is no list")
            }
            for json in told {
                let delivery = try ReportedDelivery(json)
                // There is no filter by date: the newest come first.
                guard delivery.deliveredAt >= since else { return found }
                found.append(delivery)
            }
            page = answer.nextPage
        }
        return found
    }

    func redeliver(_ delivery: ReportedDelivery) async throws {
        var request = RESTRequest("/app/hook/deliveries/\(delivery.id)/attempts")
        request.body = []
        let answer = try await makeClient().send(request, as: try book.app())
        guard answer.isSuccess else { throw answer.failure("delivery \(delivery.delivery)") }
    }
}

extension ReportedDelivery {
    /// One entry of the list.
    ///
    /// - Throws: ``ProviderError`` (malformed).
    init(_ json: JSON) throws(ProviderError) {
        guard let id = json["id"]?.uint64, let delivery = json["guid"]?.string, let event = json["event"]?.string,
            let time = json["delivered_at"]?.string.flatMap({ Timestamp(rfc3339: $0) })
        else { throw .transient(.malformed, "GitHub's list of deliveries has one without an id or a time") }
        let status = json["status_code"]?.int64 ?? 0
        self.init(
            id: id, delivery: delivery, deliveredAt: time, succeeded: (200...299).contains(status), event: event)
    }
}
