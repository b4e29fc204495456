extension GitHubServer {
    // MARK: Hooks

    /// Where the events of all repositories go, as if each had this hook. An empty address ends it.
    /// - Parameter url: `http://ADDRESS:PORT/PATH`, on this machine.
    public func setWebhook(url: String, secret: String) { setHook(app: nil, url, secret) }

    /// Where an App's events go: those of the repositories that it is installed on, and those of its installations.
    public func setWebhook(of app: App, url: String, secret: String) { setHook(app: app.id, url, secret) }

    private func setHook(app: Int64?, _ url: String, _ secret: String) {
        let isNew = !world.webhooks.hooks.contains { $0.app == app }
        world.webhooks.setHook(app: app, url: url, secret: secret, now: world.clock.seconds)
        if isNew { world.ping(app: app) }
    }

    // MARK: Deliveries

    /// From now on webhooks go astray so often; decided by the configuration's seed.
    public func setWebhookFaults(_ faults: WebhookFaults) { world.webhooks.setFaults(faults) }

    /// All attempts so far, oldest first.
    public var deliveries: [WebhookDelivery] { world.webhooks.deliveries }

    /// How many were withheld; these are in no list.
    public var withheldWebhooks: Int { world.webhooks.withheldCount }

    /// Sends an event again, under its old guid.
    /// - Parameter id: an attempt's.
    /// - Returns: whether there is such a delivery.
    @discardableResult
    public func redeliver(_ id: Int64) -> Bool { world.webhooks.redeliver(id, now: world.clock.milliseconds) }

    /// Lets those go that are held back, and returns once nothing waits or is under way.
    public func webhooksSettled() async throws {
        world.webhooks.releaseHeld()
        while !world.webhooks.isIdle { try await Task.sleep(for: .milliseconds(1)) }
    }
}
