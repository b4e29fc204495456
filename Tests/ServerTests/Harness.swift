import Events
import Foundation
import GitHub
import Ingest
import Logging
import OpenSSL
import ProviderKit
import Server
import Synchronization
import TestSupport

/// Takes reports in as the engine does, in memory.
final class MemoryIntake: WebhookIntake {
    struct Contents {
        var received: [ReceivedWebhook] = []
        var rejected: [WebhookRejection: Int] = [:]
        var fails = false
    }

    let contents = Mutex(Contents())
    /// Called in the middle of taking one in.
    private let hold: @Sendable () async -> Void

    init(hold: @escaping @Sendable () async -> Void = {}) { self.hold = hold }

    struct Full: Error {}

    func receive(_ webhook: ReceivedWebhook) async throws -> WebhookReceipt {
        await hold()
        return try contents.withLock { contents in
            if contents.fails { throw Full() }
            let first = contents.received.firstIndex { $0.report.delivery == webhook.report.delivery }
            contents.received.append(webhook)
            return WebhookReceipt(
                position: LogPosition(UInt64(first ?? contents.received.count - 1)), delivery: webhook.report.delivery,
                isDuplicate: first != nil)
        }
    }

    func reject(_ rejection: WebhookRejection, provider: String) async throws {
        contents.withLock { $0.rejected[rejection, default: 0] += 1 }
    }

    var rejected: [WebhookRejection: Int] { contents.withLock { $0.rejected } }
    var received: [ReceivedWebhook] { contents.withLock { $0.received } }
}

let secret = "It's a Secret to Everybody"

func signature(_ body: [UInt8]) -> String {
    "sha256=" + Hex.encode(HMACSHA256.authenticate(key: Array(secret.utf8), message: body))
}

/// The head of a report, and its body.
func request(
    _ body: [UInt8], signature: String?, event: String = "push", delivery: String = "d",
    contentType: String? = "application/json", length: Int? = nil, extra: String = ""
) -> [UInt8] {
    var head = "POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(length ?? body.count)\r\n"
    head += "X-GitHub-Event: \(event)\r\nX-GitHub-Delivery: \(delivery)\r\n"
    if let signature { head += "X-Hub-Signature-256: \(signature)\r\n" }
    if let contentType { head += "Content-Type: \(contentType)\r\n" }
    return Array((head + extra + "\r\n").utf8) + body
}

/// A report with the signature that belongs to it.
func signed(_ body: [UInt8], event: String = "push", delivery: String = "d", contentType: String? = "application/json")
    -> [UInt8]
{
    request(body, signature: signature(body), event: event, delivery: delivery, contentType: contentType)
}

/// Runs a server on a free port as long as `body` takes. What blocks in `body` blocks nobody else.
func withServer<Result: Sendable>(
    intake: MemoryIntake = MemoryIntake(), secrets: [String] = [secret], obstacles: [String] = [],
    api: APIBackend? = nil,
    limits change: (inout ServerLimits) -> Void = { _ in },
    _ body: @escaping @Sendable (_ port: Int, _ stop: @escaping @Sendable () -> Void) async throws -> Result
) async throws -> Result {
    var limits = ServerLimits()
    change(&limits)
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .critical
    let server = IngestServer(
        configuration: ServerConfiguration(port: 0, limits: limits),
        receivers: [GitHubWebhookReceiver(secrets: secrets.map { Secret($0) })], intake: intake, api: api,
        logger: logger, obstacles: { obstacles }, onListening: { continuation.yield($0) })
    let serving = Task {
        defer { continuation.finish() }
        try await server.run()
    }
    guard let port = await ports.first(where: { _ in true }) else {
        try await serving.value
        throw RawClient.Failure(description: "the server did not start")
    }
    let outcome: Swift.Result<Result, any Error>
    do {
        outcome = .success(
            try await withTaskExecutorPreference(BlockingExecutor()) {
                try await body(port) { serving.cancel() }
            })
    } catch {
        outcome = .failure(error)
    }
    serving.cancel()
    try await serving.value
    return try outcome.get()
}

/// Runs what blocks on a thread of its own. Dispatch would start such threads one a second.
func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Swift.Result { try body() }) }.start()
    }
}

/// The folder of given material; nil where this checkout has none.
let sharedData: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let shared =
        ProcessInfo.processInfo.environment["INGESTOR_SHARED"].map { URL(fileURLWithPath: $0) }
        ?? root.deletingLastPathComponent().appendingPathComponent("shared")
    let data = shared.appendingPathComponent("data").path
    return FileManager.default.fileExists(atPath: data) ? data : nil
}()

/// Anonymous memory of this process in bytes.
func anonymousByteCount() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
    return (Int(line.filter(\.isNumber)) ?? 0) << 10
}
