extension World {
    /// `app/hook/deliveries…`: what was sent to an App's hook, newest first, as far back as GitHub keeps it.
    func deliveries(_ call: RESTCall, of app: Int64) throws -> RESTAnswer {
        guard let hook = webhooks.hooks.first(where: { $0.app == app }) else { throw RESTFailure.notFound() }
        let oldest = clock.milliseconds - limits.deliverySeconds * 1000
        let segments = call.segments
        if segments.count == 3, call.method == "GET" { return try deliveryList(call, hook, oldest: oldest) }
        guard segments.count >= 4, let id = Int64(segments[3]), let delivery = webhooks.delivery(id),
            delivery.hook == hook.id, delivery.deliveredAtMilliseconds >= oldest
        else { throw RESTFailure.notFound() }
        switch (call.method, segments.count) {
        case ("GET", 4): return .json(renderer.deliveryDetail(delivery, hook: hook))
        case ("POST", 5) where segments[4] == "attempts":
            _ = webhooks.redeliver(id, now: clock.milliseconds)
            return .json([:], status: 202)
        default: throw RESTFailure.notFound()
        }
    }

    /// Pages are found by a cursor, which names the delivery to go on from.
    private func deliveryList(_ call: RESTCall, _ hook: Hook, oldest: Int64) throws -> RESTAnswer {
        let size = call.page().size
        var from = Int64.max
        if let cursor = call.query["cursor"] {
            guard let id = Int64(cursor.hasPrefix("v1_") ? String(cursor.dropFirst(3)) : cursor) else {
                throw RESTFailure.unprocessable("Invalid cursor")
            }
            from = id
        }
        // One under way has no result that could be told.
        let all = webhooks.deliveries.reversed().lazy.filter {
            $0.hook == hook.id && $0.id <= from && $0.deliveredAtMilliseconds >= oldest && $0.statusCode != 0
        }
        let page = Array(all.prefix(size + 1))
        var answer = RESTAnswer.json(.array(page.prefix(size).map { .object(renderer.delivery($0, hook: hook)) }))
        if page.count > size, let next = page.last {
            let address = "\(renderer.apiURL)/app/hook/deliveries"
            answer.headers.append(("Link", "<\(address)?per_page=\(size)&cursor=v1_\(next.id)>; rel=\"next\""))
        }
        return answer
    }
}
