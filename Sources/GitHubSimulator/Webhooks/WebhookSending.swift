import OpenSSL

extension World {
    /// How long the sender sleeps where nothing waits.
    private static let pause = Duration.milliseconds(2)
    /// After this nothing more is waited for that could overtake a webhook held back.
    private static let longestHold = Duration.seconds(2)

    /// Sends what waits until it is cancelled.
    func sendWebhooks() async {
        let limit = max(configuration.deliveryConcurrency, 1)
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            while !Task.isCancelled {
                while running < limit, let id = webhooks.take() {
                    running += 1
                    group.addTask {
                        await self.deliver(id)
                        self.webhooks.finished()
                    }
                }
                if running > 0 {
                    await group.next()
                    running -= 1
                } else {
                    webhooks.releaseHeld(for: Self.longestHold)
                    do { try await Task.sleep(for: Self.pause) } catch { break }
                }
            }
            group.cancelAll()
        }
    }

    private func deliver(_ id: Int64) async {
        guard let delivery = webhooks.delivery(id), let hook = webhooks.hook(delivery.hook) else { return }
        let headers = headers(delivery, hook)
        let start = ContinuousClock.now
        var (status, words) = (0, "")
        var answer = LoopbackConnection.Answer()
        do {
            answer = try await post(headers, delivery.payload, to: LoopbackAddress(hook.url))
            status = answer.status
            words = (200..<300).contains(status) ? "OK" : "Invalid HTTP Response: \(status)"
        } catch is TimeoutError {
            (status, words) = (504, "timed out")
        } catch {
            (status, words) = (502, "failed to connect to host")
        }
        let duration = (ContinuousClock.now - start).components
        webhooks.change(id) { [answer, status, words] delivery in
            delivery.statusCode = status
            delivery.status = words
            delivery.durationMilliseconds = duration.seconds * 1000 + duration.attoseconds / 1_000_000_000_000_000
            delivery.requestHeaders = headers
            delivery.responseHeaders = answer.headers
            delivery.answer = Array(answer.body.prefix(WebhookDelivery.answerLimitBytes))
        }
    }

    private func headers(_ delivery: WebhookDelivery, _ hook: Hook) -> [(name: String, value: String)] {
        let code = HMACSHA256.authenticate(key: Array(hook.secret.utf8), message: delivery.payload)
        return [
            ("Accept", "*/*"), ("Content-Type", "application/json"), ("User-Agent", "GitHub-Hookshot/8f9a7c2"),
            ("X-GitHub-Delivery", delivery.guid), ("X-GitHub-Event", delivery.event),
            ("X-GitHub-Hook-ID", String(hook.id)),
            ("X-GitHub-Hook-Installation-Target-ID", String(hook.app ?? delivery.repositoryID ?? 0)),
            ("X-GitHub-Hook-Installation-Target-Type", hook.app == nil ? "repository" : "integration"),
            ("X-Hub-Signature-256", "sha256=\(code.hexadecimal)"),
        ]
    }

    private struct TimeoutError: Error {}

    /// Over a connection that waits, else over a new one: a waiting one may have been closed meanwhile.
    private func post(_ headers: [(name: String, value: String)], _ body: [UInt8], to address: LoopbackAddress)
        async throws -> LoopbackConnection.Answer
    {
        if let connection = webhooks.connections.take(address) {
            do { return try await exchange(connection, headers, body, address.path) } catch is SimulatorError {}
        }
        return try await exchange(LoopbackConnection(to: address), headers, body, address.path)
    }

    private func exchange(
        _ connection: LoopbackConnection, _ headers: [(name: String, value: String)], _ body: [UInt8], _ path: String
    ) async throws -> LoopbackConnection.Answer {
        let limit = limits.deliveryTimeout
        return try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: LoopbackConnection.Answer?.self) { group in
                group.addTask { try await connection.send("POST", path, headers: headers, body: body) }
                group.addTask {
                    try await Task.sleep(for: limit)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let answer = first else {
                    connection.abort()
                    throw TimeoutError()
                }
                if answer.isReusable { webhooks.connections.give(connection) }
                return answer
            }
        } onCancel: {
            connection.abort()
        }
    }
}
