import Events
import GitHub
import ProviderKit
import Testing

private let receiver = GitHubWebhookReceiver(secrets: [Secret("secret")])

extension WebhookReport {
    /// On one line, as the tables of the tests have it.
    var line: String {
        func name(_ repository: ReportedRepository) -> String {
            let visibility = repository.isPrivate.map { $0 ? "private" : "public" } ?? "?"
            return "\(repository.externalID) \(repository.locator) \(visibility)"
        }
        func short(_ hash: SHA1Hash?) -> String { hash.map { String($0.hex.prefix(4)) } ?? "none" }
        let via = installation.map { " via \($0)" } ?? ""
        let head = "\(action ?? "-") by \(sender)\(via): "
        switch content {
        case .ping: return head + "ping"
        case .other: return head + "other"
        case .ref(let change):
            let commits = change.tellsCommits ? "\(short(change.before))→\(short(change.after))" : "?"
            let ref = String(decoding: change.ref, as: UTF8.self)
            return head + "\(name(change.repository)) \(ref) \(commits)" + (change.isForced ? " forced" : "")
        case .repository(let repository, let change): return head + "\(name(repository)) \(change)"
        case .installation(let installation):
            let gained = installation.added.map { " +" + name($0) }.joined()
            let lost = installation.removed.map { " -" + name($0) }.joined()
            return head + "\(installation.id) of \(installation.account) \(installation.change)" + gained + lost
        }
    }
}

@Suite struct PayloadTests {
    private func push(
        ref: String = "refs/heads/main", before: String = "\"\(String(repeating: "a", count: 40))\"",
        after: String = "\"\(String(repeating: "b", count: 40))\"", extra: String = ""
    ) throws -> String {
        let body = """
            {"ref":"\(ref)","before":\(before),"after":\(after)\(extra),"sender":{"login":"o"},
            "repository":{"id":18446744073709551615,"full_name":"O/R","visibility":"internal"}}
            """
        return try receiver.decode(Array(body.utf8), WebhookMaterial.headers(event: "push")).line
    }

    private let prefix = "- by o: 18446744073709551615 github:o/r private "

    @Test func pushes() throws {
        let zeros = "\"\(String(repeating: "0", count: 40))\""
        #expect(try push() == prefix + "refs/heads/main aaaa→bbbb")
        #expect(try push(extra: #","forced":true"#) == prefix + "refs/heads/main aaaa→bbbb forced")
        #expect(try push(before: zeros, extra: #","created":true"#) == prefix + "refs/heads/main none→bbbb")
        #expect(try push(after: zeros, extra: #","deleted":true"#) == prefix + "refs/heads/main aaaa→none")
        #expect(try push(ref: "refs/heads/feature/über-🚀") == prefix + "refs/heads/feature/über-🚀 aaaa→bbbb")
        #expect(try push(ref: #"refs/heads/\u00fc\ud83d\ude80"#) == prefix + "refs/heads/ü🚀 aaaa→bbbb")
        #expect(try push(after: "\"\(String(repeating: "b", count: 64))\"") == prefix + "refs/heads/main ?")
        #expect(try push(before: "null") == prefix + "refs/heads/main ?")
        #expect(try push(ref: String(repeating: "x", count: 5000)) == "- by o: other")
    }

    @Test func headersHaveToBeThereAndPlain() throws {
        let body = Array("{}".utf8)
        let bad: [[(name: String, value: String)]] = [
            [], [("X-GitHub-Event", "push")], [("X-GitHub-Delivery", "d")],
            [("X-GitHub-Event", ""), ("X-GitHub-Delivery", "d")],
            [("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "")],
            [("X-GitHub-Event", "Push"), ("X-GitHub-Delivery", "d")],
            [("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "a b")],
            [("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "ü")],
            [("X-GitHub-Event", "push"), ("X-GitHub-Delivery", String(repeating: "d", count: 129))],
            [("X-GitHub-Event", String(repeating: "e", count: 65)), ("X-GitHub-Delivery", "d")],
        ]
        for fields in bad {
            let error = #expect(throws: ProviderError.self, "\(fields)") {
                try receiver.decode(body, WebhookHeaders(fields))
            }
            #expect(error?.code == .malformed)
        }
        let report = try receiver.decode(body, WebhookMaterial.headers(event: "push", delivery: "d"))
        #expect(report == WebhookReport(delivery: "d", event: "push", content: .other))
    }

    @Test(arguments: ["[]", "null", "\"x\"", "1"]) func whatIsNoObjectIsOther(body: String) throws {
        for event in ["ping", "push", "repository", "installation", "unheard_of"] {
            let report = try receiver.decode(Array(body.utf8), WebhookMaterial.headers(event: event))
            #expect(report.content == (event == "ping" ? .ping : .other))
        }
    }

    @Test(arguments: ["", "{", "{}x", "ref=1", "\u{FEFF}{}", "{\"a\":\"\u{1}\"}"])
    func whatIsNoJSONIsMalformed(body: String) {
        let error = #expect(throws: ProviderError.self) {
            try receiver.decode(Array(body.utf8), WebhookMaterial.headers(event: "push"))
        }
        #expect(error?.code == .malformed)
    }
}
