#if FUZZABLE
    import Curl
    import Events
    import Git
    import OpenSSL
    import ProviderKit

    @testable import EventLog
    @testable import GitHub
    @testable import Server

    extension FuzzTarget {
        public static let texts = [webhook, json, locators, http, cursor, proof, largeFilePointer]

        private static let kinds = [
            "push", "repository", "installation", "installation_repositories", "ping", "public", "create", "delete",
            "meta",
        ]

        /// The kind's number, and a body as GitHub sends it.
        private static let webhook = FuzzTarget("webhook", maximumByteCount: 16_384) {
            let repository =
                #""repository":{"id":7,"full_name":"o/n","name":"n","private":true,"visibility":"private","default_branch":"main","owner":{"login":"o","id":3}}"#
            let commit =
                #"{"id":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","added":["a"],"removed":["b/c"],"modified":["ü\u0000\n"]}"#
            return [
                (
                    0,
                    #"{"ref":"refs/heads/main","before":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","after":"0000000000000000000000000000000000000000","forced":true,"commits":["#
                        + commit + "]," + repository + "}"
                ),
                (1, #"{"action":"renamed","changes":{"repository":{"name":{"from":"old"}}},"# + repository + "}"),
                (
                    2,
                    #"{"action":"created","installation":{"id":1,"account":{"login":"o"}},"repositories":[{"id":7,"full_name":"o/n","private":false}]}"#
                ),
                (
                    3,
                    #"{"action":"removed","installation":{"id":1},"repositories_removed":[{"id":7,"full_name":"o/n"}]}"#
                ),
                (4, #"{"zen":"x","hook_id":1,"hook":{"events":["push"]}}"#),
            ].map { [UInt8($0.0)] + Array($0.1.utf8) }
        } run: { input in
            guard let kind = input.first else { return }
            let body = Array(input.dropFirst())
            let headers = WebhookHeaders([
                ("X-GitHub-Event", kinds[Int(kind) % kinds.count]), ("X-GitHub-Delivery", "d-1"),
                ("Content-Type", kind & 0x80 == 0 ? "application/json" : "application/x-www-form-urlencoded"),
            ])
            _ = try body.withUnsafeBytes { try GitHubWebhookReceiver(secrets: []).decode(body: $0, headers: headers) }
        }

        /// What is read of a document is what is read of its writing.
        private static let json = FuzzTarget("json") {
            [
                #"{"a":[1,-0.5e+10,true,null,"\u00e9\ud83d\ude00\n"],"":{}}"#, "[[[[]]]]", "\"\u{fffd}\"", "1E400",
                #"{"a":1,"a":2}"#,
            ].map { Array($0.utf8) }
        } run: { input in
            let value = try JSON(validating: input, limits: JSONLimits(depth: 32, values: 10_000))
            expect(try! JSON(validating: value.bytes) == value, "a document is written as it was read")
        }

        /// The form in which a locator is kept is its own.
        private static let locators = FuzzTarget("locators", maximumByteCount: 1024) {
            [
                "git:https://Example.org:443/a/../b.git/", "github:Owner/Name", "dir:/srv/code", "git:http://[::1]/x",
                "git:http://u:p@h/x", "git:http://127.1/x?y#z", "git:ssh://h/x", "git:https://ü.example/x",
            ].map { Array($0.utf8) }
        } run: { input in
            guard let locator = Locator(input) else { return }
            expect(locator.bytes == input, "a locator is what it was read from")
            _ = locator.description
            let git = GitProvider(settings: GitSettings(now: { Timestamp(seconds: 0) }))
            if locator.provider == "git" {
                let normal = try git.normalize(locator)
                expect(try! git.normalize(normal) == normal, "a locator that is kept is as it would be kept")
                let url = try HTTPURL(String(decoding: normal.source, as: UTF8.self))
                expect(url.scheme == "http" || url.scheme == "https", "no other scheme is asked")
                expect(url.credentials == nil, "a locator holds no password")
            }
            _ = RepositoryName(String(decoding: locator.source, as: UTF8.self))
        }

        /// A query, a newline, and a header: ranges, dates, quotas.
        private static let http = FuzzTarget("http", maximumByteCount: 1024) {
            [
                "a=1&b=%20+x\nbytes=0-99", "limit=10&cursor=AAAAAAAAAAE\nbytes=-5", "%\nbytes=9223372036854775807-",
                "x=%zz\nbytes=5-2, 7-8", "\nSun, 06 Nov 1994 08:49:37 GMT",
                "\n00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ].map { Array($0.utf8) }
        } run: { input in
            let parts = input.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false)
            let header = String(decoding: parts.count > 1 ? parts[1] : [], as: UTF8.self)
            for count in [0, 1, 100, Int.max - 1] {
                if case .part(let range) = ByteRange(header, of: count) {
                    expect(
                        range.lowerBound >= 0 && range.upperBound <= count && !range.isEmpty,
                        "a range lies in its content")
                }
            }
            _ = httpDateSeconds(header)
            _ = TraceContext(header)
            _ = try? HTTPURL(header)
            let query = try QueryItems(String(decoding: parts[0], as: UTF8.self))
            _ = try query.number("limit")
            _ = try query.texts("a")
        }

        /// What somebody gives for a cursor.
        private static let cursor = FuzzTarget("cursor", maximumByteCount: 256) {
            ["AAAAAAAAAAE", "_-8", "AAAAAAAAAAEvYQ", "a=", ""].map { Array($0.utf8) }
        } run: { input in
            let text = String(decoding: input, as: UTF8.self)
            let query = try QueryItems("limit=7&cursor=\(text)")
            let request = try PageRequest(query)
            if let bytes = try PageRequest.decoded(query) {
                expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes, "a cursor is written as it was read")
            }
            let page = try request.page(of: [1, 2, 3, 9] as [UInt64]) { $0 }
            expect(page.rows.count <= 7, "a page has at most what was asked for")
            // The other coding of bytes that the API takes.
            if let bytes = Base64.decode(text) {
                expect(Base64.encode(bytes) == text, "there is one way to write bytes")
            }
        }

        /// Checkpoints, notes and keys, as another log or witness gives them.
        private static let proof = FuzzTarget("proof", maximumByteCount: 4096) {
            let signer = try NoteSigner(name: "log.example", seed: [UInt8](repeating: 7, count: 32))
            guard let root = SHA256Hash(Digest.hash(.sha256, [])) else { return [] }
            let checkpoint = try LogCheckpoint(TreeHead(size: 5, root: root), signedBy: signer)
            return [Array(String(describing: checkpoint).utf8), Array(String(describing: signer.verifier).utf8)]
        } run: { input in
            if let key = try? NoteVerifier(String(decoding: input, as: UTF8.self)) {
                expect(try! NoteVerifier(key.description) == key, "a key is written as it was read")
            }
            let note = try SignedNote(parsing: input)
            expect(try! SignedNote(parsing: Array(note.description.utf8)) == note, "a note is written as it was read")
            let checkpoint = try LogCheckpoint(parsing: input)
            let signer = try NoteSigner(name: "log.example", seed: [UInt8](repeating: 7, count: 32))
            try checkpoint.verify(with: signer.verifier)
        }

        private static let largeFilePointer = FuzzTarget("pointer", maximumByteCount: 1024) {
            [
                Array(
                    "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "a", count: 64))\nsize 12\n"
                        .utf8)
            ]
        } run: { input in
            _ = input.withUnsafeBytes { LargeFilePointer($0) }
        }
    }
#endif
