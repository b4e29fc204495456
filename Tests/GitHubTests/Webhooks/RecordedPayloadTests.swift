import Events
import GitHub
import ProviderKit
import TestSupport
import Testing

private let receiver = GitHubWebhookReceiver(secrets: [Secret("secret")])

@Suite(.enabled(if: WebhookMaterial.folder != nil, "the folder of given material is absent"))
struct RecordedPayloadTests {
    static let hello = "186853002 github:codertocat/hello-world"
    static let octo = "186853261 github:octocoders/hello-world"

    static let expected: [String: String] = [
        "create/": "- by Codertocat: \(hello) public refs/tags/simple-tag ?",
        "create/with-description": "- by Codertocat: \(hello) public refs/tags/simple-tag ?",
        "create/with-installation": "- by Codertocat via 1: \(hello) public refs/tags/simple-tag ?",
        "create/with-organization": "- by Codertocat: \(hello) public refs/tags/simple-tag ?",
        "delete/": "- by Codertocat: \(hello) public refs/tags/simple-tag ?",
        "delete/with-installation": "- by Codertocat via 1: \(hello) public refs/tags/simple-tag ?",
        "delete/with-organization": "- by Codertocat: \(hello) public refs/tags/simple-tag ?",
        "push/1": "- by Codertocat: \(hello) public refs/tags/simple-tag 6113→none",
        "push/": "- by Codertocat: \(hello) public refs/tags/simple-tag 6113→none",
        "push/with-installation": "- by Codertocat via 1: \(hello) public refs/tags/simple-tag 6113→none",
        "push/with-new-branch": "- by Codertocat via 1: \(hello) public refs/heads/master none→6113",
        "push/with-no-username-committer": "- by Codertocat via 1: \(hello) public refs/heads/master none→6113",
        "push/with-organization": "- by Codertocat: \(hello) public refs/tags/simple-tag 6113→none",
        "ping/": "- by Codertocat: ping", "ping/with-app_id": "- by Codertocat: ping",
        "ping/with-organization": "- by Codertocat: ping",
        "public/": "- by Codertocat: \(hello) public visibility(isPrivate: false)",
        "public/with-installation": "- by Codertocat via 1: \(hello) public visibility(isPrivate: false)",
        "repository/created": "created by Codertocat: \(octo) public created",
        "repository/created.with-installation": "created by Codertocat via 1: \(octo) public created",
        "repository/edited": "edited by Codertocat: \(octo) public edited",
        "repository/edited.with-default_branch-edit": "edited by Codertocat: \(octo) public edited",
        "repository/privatized": "privatized by Codertocat: \(hello) private visibility(isPrivate: true)",
        "repository/privatized.with-organization":
            "privatized by Codertocat: \(hello) private visibility(isPrivate: true)",
        "repository/publicized": "publicized by Codertocat: \(hello) public visibility(isPrivate: false)",
        "repository/publicized.with-organization":
            "publicized by Codertocat: \(hello) public visibility(isPrivate: false)",
        "installation/created": "created by Codertocat via 957387: 957387 of Codertocat created +\(hello) public",
        "installation/created.with-requester":
            "created by Codertocat via 957387: 957387 of Codertocat created +\(hello) public",
        "installation/deleted":
            "deleted by octocat via 2: 2 of octocat deleted -1296269 github:octocat/hello-world public",
        "installation/new_permissions_accepted":
            "new_permissions_accepted by Codertocat via 957387: 957387 of Codertocat changed",
        "installation/suspend": "suspend by Codertocat via 16598467: 16598467 of Codertocat suspended",
        "installation/unsuspend": "unsuspend by Codertocat via 16598467: 16598467 of Codertocat resumed",
        "installation_repositories/added":
            "added by Codertocat via 957387: 957387 of Codertocat changed +186853007 github:codertocat/space public",
        "installation_repositories/removed":
            "removed by octocat via 2: 2 of octocat changed -1296269 github:octocat/hello-world public",
    ]

    static let moved: [String: String] = [
        "repository/renamed": "octocoders/hello-world", "repository/transferred": "octocat/hello-world",
        "repository/transferred.with-installation": "octocat/hello-world",
        "repository/transferred.with-organization": "octocat/hello-world",
    ]

    @Test func everyPayloadIsAcceptedAndMeansWhatItSays() throws {
        let payloads = try WebhookMaterial.payloads()
        #expect(payloads.count == 273)
        var seen: Set<String> = []
        for payload in payloads {
            let report = try receiver.decode(payload.body, WebhookMaterial.headers(event: payload.event))
            #expect(report.event == payload.event)
            #expect(report.delivery == "72d3162e-cc78-11e3-81ab-4c9367dc0958")
            if let expected = Self.expected[payload.name] {
                #expect(report.line == expected, "\(payload.name)")
                seen.insert(payload.name)
            } else if let before = Self.moved[payload.name] {
                guard case .repository(let repository, .moved(let from)) = report.content else {
                    Issue.record("\(payload.name): \(report)")
                    continue
                }
                #expect(repository.externalID == 186_853_261)
                #expect(repository.defaultBranch == Array("master".utf8))
                #expect(from == Locator(provider: "github", source: Array(before.utf8)))
                seen.insert(payload.name)
            } else {
                #expect(report.content == .other, "\(payload.name)")
            }
        }
        #expect(seen.count == Self.expected.count + Self.moved.count)
    }

    /// Each field in turn is missing, null, or of each other kind, in each payload of a kind that is handled.
    @Test func whatIsMissingOrOddIsTolerated() throws {
        let handled: Set = [
            "ping", "push", "create", "delete", "repository", "installation", "installation_repositories", "public",
        ]
        let odd: [JSON] = [
            .null, .bool(true), .number("-1.5"), .number("1e999"), .string(""), .string("a/b/c"), .array([.null]),
            .object([("id", .array([]))]), .string(String(repeating: "x", count: 5000)),
        ]
        var count = 0
        for payload in try WebhookMaterial.payloads() where handled.contains(payload.event) {
            let headers = WebhookMaterial.headers(event: payload.event)
            for variant in variants(try JSON(validating: payload.body), depth: 3, odd: odd) {
                let report = try receiver.decode(variant.bytes, headers)
                #expect(report.sender.utf8.count <= 256)
                #expect((report.action ?? "").utf8.count <= 64)
                count += 1
            }
        }
        #expect(count > 2000)
    }

    /// The fields that a report is made of, and one that nobody reads.
    private static let fields: Set = [
        "action", "ref", "ref_type", "before", "after", "forced", "sender", "login", "installation", "account", "id",
        "repository", "repositories", "repositories_added", "repositories_removed", "full_name", "private",
        "visibility", "default_branch", "changes", "owner", "from", "name", "compare",
    ]

    private func variants(_ json: JSON, depth: Int, odd: [JSON]) -> [JSON] {
        guard depth > 0 else { return [] }
        switch json {
        case .object(let all):
            let fields = all.filter { Self.fields.contains($0.0) }
            return fields.indices.flatMap { index in
                let inner = variants(fields[index].1, depth: depth - 1, odd: odd)
                return [JSON.object(Array(fields[..<index] + fields[(index + 1)...]))]
                    + (odd + inner).map { value in
                        var copy = fields
                        copy[index].1 = value
                        return .object(copy)
                    }
            }
        case .array(let elements):
            return elements.prefix(1).flatMap { variants($0, depth: depth, odd: odd) }.map { .array([$0]) }
        default: return []
        }
    }

    /// Mutated bytes are read or refused as malformed; nothing else, and no crash.
    @Test func mutations() throws {
        var random = SeededGenerator(seed: WebhookMaterial.seed("RecordedPayloadTests"))
        let payloads = try WebhookMaterial.payloads()
        var accepted = 0
        for _ in 0..<5000 {
            guard let payload = payloads.randomElement(using: &random) else { return }
            var body = payload.body
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                guard !body.isEmpty else { break }
                let place = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<8, using: &random) {
                case 0: body[place] = UInt8.random(in: 0...255, using: &random)
                case 1: body.remove(at: place)
                case 2: body.removeLast(body.count - place)
                default: body[place] = Array("0123456789abcdef\"/".utf8).randomElement(using: &random) ?? 0
                }
            }
            do {
                _ = try receiver.decode(body, WebhookMaterial.headers(event: payload.event))
                accepted += 1
            } catch let error as ProviderError {
                #expect(error.code == .malformed)
                #expect(error.errorClass == .permanent)
            }
        }
        #expect(accepted > 500)
    }
}
