import Synchronization

extension Renderer {
    /// An App, as it sees itself.
    func app(_ app: App, installations: Int) -> JSONValue {
        [
            "id": .integer(app.id), "slug": .string(app.slug), "node_id": Self.nodeID("App", app.id),
            "client_id": .string(app.clientID), "owner": account(app.owner), "name": .string(app.name),
            "description": nil, "external_url": "https://example.org", "html_url": "\(webURL)/apps/\(app.slug)",
            "created_at": .string(Timestamps.iso(app.createdAtSeconds)),
            "updated_at": .string(Timestamps.iso(app.createdAtSeconds)), "permissions": permissions(app.permissions),
            "events": .array(app.events.sorted().map(JSONValue.string)),
            "installations_count": .integer(Int64(installations)),
        ]
    }

    /// - Parameter isPayload: payloads have times in seconds.
    func installation(_ installation: Installation, isPayload: Bool = false, world: World) -> JSONValue {
        let app = world.access.withLock { $0.apps[installation.appID] }
        func time(_ seconds: Int64) -> JSONValue { isPayload ? .integer(seconds) : .string(Timestamps.iso(seconds)) }
        let account = installation.account
        let page = account.isOrganization ? "organizations/\(account.login)/settings" : "settings"
        let suspendedBy: JSONValue =
            installation.isSuspended ? self.account(world.account(world.configuration.sender)) : nil
        return [
            "id": .integer(installation.id), "account": self.account(account),
            "repository_selection": installation.selected == nil ? "all" : "selected",
            "access_tokens_url": "\(apiURL)/app/installations/\(installation.id)/access_tokens",
            "repositories_url": "\(apiURL)/installation/repositories",
            "html_url": "\(webURL)/\(page)/installations/\(installation.id)", "app_id": .integer(installation.appID),
            "app_slug": .string(app?.slug ?? ""), "target_id": .integer(account.id),
            "target_type": account.isOrganization ? "Organization" : "User",
            "permissions": permissions(installation.permissions),
            "events": .array((app?.events ?? []).sorted().map(JSONValue.string)),
            "created_at": time(installation.createdAtSeconds), "updated_at": time(installation.updatedAtSeconds),
            "single_file_name": nil, "has_multiple_single_files": false, "single_file_paths": [],
            "suspended_by": suspendedBy,
            "suspended_at": installation.suspendedAtSeconds.map { .string(Timestamps.iso($0)) } ?? .null,
        ]
    }

    func permissions(_ permissions: [String: String]) -> JSONValue {
        .object(permissions.sorted { $0.key < $1.key }.map { (key: $0.key, value: .string($0.value)) })
    }

    // MARK: Deliveries

    func delivery(_ delivery: WebhookDelivery, hook: Hook) -> [(key: String, value: JSONValue)] {
        func number(_ value: Int64?) -> JSONValue { value.map(JSONValue.integer) ?? .null }
        let milliseconds = delivery.durationMilliseconds
        let fraction = String(1000 + milliseconds % 1000).dropFirst().prefix(2)
        return [
            ("id", .integer(delivery.id)), ("guid", .string(delivery.guid)),
            ("delivered_at", .string(Timestamps.iso(delivery.deliveredAtMilliseconds / 1000))),
            ("redelivery", .bool(delivery.isRedelivery)), ("duration", .number("\(milliseconds / 1000).\(fraction)")),
            ("status", .string(delivery.status)), ("status_code", .integer(Int64(delivery.statusCode))),
            ("event", .string(delivery.event)), ("action", JSONValue(delivery.action)),
            ("installation_id", number(delivery.installationID)), ("repository_id", number(delivery.repositoryID)),
            ("throttled_at", nil), ("url", .string(hook.url)),
        ]
    }

    func deliveryDetail(_ delivery: WebhookDelivery, hook: Hook) -> JSONValue {
        func fields(_ headers: [(name: String, value: String)]) -> JSONValue {
            .object(headers.map { (key: $0.name, value: .string($0.value)) })
        }
        return .object(
            self.delivery(delivery, hook: hook) + [
                ("request", ["headers": fields(delivery.requestHeaders), "payload": .encoded(delivery.payload)]),
                (
                    "response",
                    [
                        "headers": fields(delivery.responseHeaders),
                        "payload": .string(String(decoding: delivery.answer, as: UTF8.self)),
                    ]
                ),
            ])
    }
}
