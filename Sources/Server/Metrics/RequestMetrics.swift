import CoreMetrics

/// Counts the requests that were answered. Its tags are the routes that there are, so they have few values.
struct RequestMetrics: RequestObserver {
    let factory: any MetricsFactory

    func answered(method: String, path: String, status: Int, seconds: Double) {
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        let method = known.contains(method) ? method : "other"
        let tags = [("method", method), ("route", path), ("status", "\(status / 100)xx")]
        Counter(label: Self.requests, dimensions: tags, factory: factory).increment()
        Timer(label: Self.seconds, dimensions: [("route", path)], factory: factory)
            .recordNanoseconds(Int64(seconds * 1e9))
    }

    static let requests = "ingestor_http_requests_total"
    static let seconds = "ingestor_http_request_seconds"

    static let help = [
        requests: "Requests that were answered, by route.",
        seconds: "Seconds until an answer began.",
    ]
}
