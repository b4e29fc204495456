import FoundationEssentials
import Synchronization

extension World {
    /// `POST /login/oauth/access_token`: a new token for a refresh token. Failures are told with status 200, as GitHub does.
    func refreshToken(_ call: BackendCall) -> Answer {
        guard call.method == "POST" else { return Answer(status: 404, headers: [], body: []) }
        var fields = FormText.parse(call.query)
        if call.contentType?.hasPrefix("application/json") == true {
            do {
                fields.merge(try JSONDecoder().decode([String: String].self, from: Data(call.body))) { $1 }
            } catch {
                return Answer(status: 400, headers: [], body: Array("{\"message\":\"Problems parsing JSON\"}".utf8))
            }
        } else {
            fields.merge(FormText.parse(String(decoding: call.body, as: UTF8.self))) { $1 }
        }
        let pairs = refreshed(fields)
        guard call.header("accept")?.contains("json") == true else {
            let body = FormText.encoded(pairs.map { ($0.0, $0.1.text) })
            return Answer(
                status: 200, headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
                body: Array(body.utf8))
        }
        let body = JSONValue.object(pairs.map { (key: $0.0, value: $0.1) })
        return Answer(status: 200, headers: [("Content-Type", RESTAnswer.json)], body: body.bytes)
    }

    private func refreshed(_ fields: [String: String]) -> [(String, JSONValue)] {
        func failure(_ error: String, _ description: String) -> [(String, JSONValue)] {
            let page = "https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps"
            return [
                ("error", .string(error)), ("error_description", .string(description)), ("error_uri", .string(page)),
            ]
        }
        guard fields["grant_type"] == "refresh_token" else {
            return failure("unsupported_grant_type", "Only refresh tokens are taken here.")
        }
        let app = access.withLock { access in
            access.apps.values.first {
                $0.clientID == fields["client_id"] && $0.clientSecret == fields["client_secret"]
            }
        }
        guard let app else {
            return failure(
                "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
        }
        let now = clock.seconds
        let old = access.withLock { access -> AccessBook.RefreshToken? in
            guard let text = fields["refresh_token"], let old = access.refreshTokens[text],
                old.clientID == app.clientID, old.expiresAtSeconds > now
            else { return nil }
            // Each is good for one use.
            access.refreshTokens[text] = nil
            access.tokens[old.token] = nil
            return old
        }
        guard let old else {
            return failure("bad_refresh_token", "The refresh token passed is incorrect or expired.")
        }
        let new = makeUserToken(old.login, app: app)
        return [
            ("access_token", .string(new.token)), ("expires_in", .integer(limits.userTokenSeconds)),
            ("refresh_token", .string(new.refreshToken ?? "")),
            ("refresh_token_expires_in", .integer(limits.refreshTokenSeconds)), ("scope", ""),
            ("token_type", "bearer"),
        ]
    }

    func makeUserToken(_ login: String, app: App) -> UserToken {
        let (token, refresh) = (randomText("ghu_"), randomText("ghr_", count: 76))
        let expires = clock.seconds + limits.userTokenSeconds
        access.withLock { access in
            access.tokens[token] = .init(principal: .user(login: login), expiresAtSeconds: expires)
            access.refreshTokens[refresh] = .init(
                login: login, clientID: app.clientID, token: token,
                expiresAtSeconds: clock.seconds + limits.refreshTokenSeconds)
        }
        return UserToken(token: token, refreshToken: refresh, expiresAtSeconds: expires)
    }
}

extension JSONValue {
    /// A single value as a form has it.
    fileprivate var text: String {
        switch self {
        case .string(let text): text
        case .integer(let value): String(value)
        default: ""
        }
    }
}
