import Foundation
import OpenSSL
import Synchronization
import Testing

@testable import GitHubSimulator

/// Whether webhooks arrive, and what the log says where they do not.
@Suite struct WebhookDeliveryTests {
    private func signature(_ secret: String, _ body: [UInt8]) -> String {
        "sha256=" + HMACSHA256.authenticate(key: Array(secret.utf8), message: body).hexadecimal
    }

    @Test func pushesArriveSignedAndInOrder() async throws {
        try await withGitHub { server, repository, _ in
            let receiver = Receiver()
            try await receiver.receive { url in
                server.setWebhook(url: url, secret: "secret 🔑")
                let pushes = try (0..<20).map { try repository.push(["n": "\($0) 🎉"], message: "Push \($0) 🎉") }
                try await server.webhooksSettled()
                let calls = receiver.calls.withLock { $0 }
                #expect(calls.map(\.event) == ["ping"] + Array(repeating: "push", count: 20))
                #expect(calls.allSatisfy { $0.signature == signature("secret 🔑", $0.body) })
                let told = try calls.dropFirst().map { call in
                    let object = try JSONSerialization.jsonObject(with: Data(call.body)) as? [String: Any]
                    return HostedRepository.Push(
                        reference: object?["ref"] as? String ?? "", before: object?["before"] as? String ?? "",
                        after: object?["after"] as? String ?? "")
                }
                #expect(told == pushes)
                // Each begins where the one before ended.
                #expect(zip(pushes, pushes.dropFirst()).allSatisfy { $0.after == $1.before })
                #expect(Set(calls.map(\.guid)).count == 21)
            }
        }
    }

    @Test func mishapsAreTheSameForOneSeed() async throws {
        func run() async throws -> (arrived: [String], deliveries: [WebhookDelivery], withheld: Int) {
            let receiver = Receiver()
            var result: ([String], [WebhookDelivery], Int) = ([], [], 0)
            try await withGitHub({ $0.seed = 42 }) { server, repository, _ in
                try await receiver.receive { url in
                    server.setWebhook(url: url, secret: "s")
                    server.setWebhookFaults(.init(lost: 0.1, withheld: 0.1, repeated: 0.1, reordered: 0.1))
                    for number in 0..<200 { try repository.push(["n": "\(number)"]) }
                    try await server.webhooksSettled()
                    result = (receiver.calls.withLock { $0.map(\.guid) }, server.deliveries, server.withheldWebhooks)
                }
            }
            return result
        }
        let (first, second) = (try await run(), try await run())
        #expect(first.arrived == second.arrived)
        func count(_ mishap: WebhookDelivery.Mishap) -> Int { first.deliveries.count { $0.mishap == mishap } }
        for mishap in [WebhookDelivery.Mishap.lost, .repeated, .reordered] {
            #expect((8...35).contains(count(mishap)), "\(mishap) \(count(mishap))")
        }
        #expect(first.deliveries.count + first.withheld == 201)
        #expect(first.arrived.count == first.deliveries.count - count(.lost) + count(.repeated))
        let ordered = first.deliveries.map(\.guid).filter(Set(first.arrived).contains)
        #expect(ordered != first.arrived)
        let lost = try #require(first.deliveries.first { $0.mishap == .lost })
        #expect(lost.statusCode == 502 && !first.arrived.contains(lost.guid))
    }

    @Test func theLogIsPagedAndRedelivers() async throws {
        try await withGitHub { server, repository, _ in
            let app = try server.registerApp(owner: "acme")
            server.install(app, on: "acme")
            let receiver = Receiver()
            receiver.status.withLock { $0 = 500 }
            try await receiver.receive { url in
                server.setWebhook(of: app, url: url, secret: "s")
                for number in 0..<7 { try repository.push(["n": "\(number)"]) }
                try await server.webhooksSettled()
                let client = Client(server: server, token: try app.token(server))
                var (path, ids, pages) = (String?.some("/app/hook/deliveries?per_page=3"), [Int](), 0)
                while let next = path {
                    let reply = try await client.get(next)
                    ids += try reply.array.compactMap { $0["id"] as? Int }
                    pages += 1
                    path = reply.headers["link"]?.split(whereSeparator: { "<>".contains($0) }).first.map(String.init)
                }
                #expect(pages == 3 && ids.count == 8 && ids == ids.sorted(by: >))
                #expect(
                    server.deliveries.allSatisfy { $0.statusCode == 500 && $0.status == "Invalid HTTP Response: 500" })

                receiver.status.withLock { $0 = 202 }
                #expect(try await client.send("POST", "/app/hook/deliveries/\(ids[2])/attempts").status == 202)
                try await server.webhooksSettled()
                let newest = try await client.get("/app/hook/deliveries?per_page=1").array[0]
                let old = try #require(server.deliveries.first { $0.id == Int64(ids[2]) })
                #expect(newest["guid"] as? String == old.guid && newest["redelivery"] as? Bool == true)
                #expect(newest["status_code"] as? Int == 202)
                let calls = receiver.calls.withLock { $0.filter { $0.guid == old.guid } }
                #expect(calls.count == 2 && calls[0].body == calls[1].body)

                // GitHub forgets after three days.
                server.advanceClock(bySeconds: 3 * 86_400 + 1)
                let later = Client(server: server, token: try app.token(server))
                #expect(try await later.get("/app/hook/deliveries").text == "[]")
                #expect(try await later.send("POST", "/app/hook/deliveries/\(ids[2])/attempts").status == 404)
            }
        }
    }

    @Test func slowAndMissingReceivers() async throws {
        try await withGitHub({ $0.limits.deliveryTimeout = .milliseconds(100) }) { server, repository, _ in
            server.setWebhook(url: "\(server.gitURL)/slow", secret: "s")
            server.inject(.hang(), path: "/slow")
            try repository.push(["n": "1"])
            try await server.webhooksSettled()
            #expect(server.deliveries.map(\.statusCode) == [504, 504])
            server.setWebhook(url: "http://127.0.0.1:9/none", secret: "s")
            try repository.push(["n": "2"])
            try await server.webhooksSettled()
            #expect(server.deliveries.last?.statusCode == 502)
            server.clearFaults()
        }
    }

    @Test func suspendedInstallationsHearNothing() async throws {
        try await withGitHub { server, repository, _ in
            let app = try server.registerApp(owner: "acme")
            server.setWebhook(of: app, url: "http://127.0.0.1:9/none", secret: "s")
            let installation = server.install(app, on: "acme")
            server.suspend(installation)
            try repository.push(["n": "1"])
            server.unsuspend(installation)
            try repository.push(["n": "2"])
            try server.addRepository("bob/elsewhere", files: ["a": "a"]).push(["a": "b"])
            let told = server.deliveries.map { "\($0.event) \($0.action ?? "")" }
            #expect(
                told == ["ping ", "installation created", "installation suspend", "installation unsuspend", "push "])
        }
    }

    @Test func manyAtOnceAreNotTold() async throws {
        try await withGitHub { server, repository, _ in
            server.setWebhook(url: "http://127.0.0.1:9/none", secret: "s")
            try repository.update { builder in for number in 0..<4 { try builder.git(["tag", "t\(number)", "main"]) } }
            #expect(server.deliveries.map(\.event) == ["ping"])
            try repository.update { builder in for number in 4..<7 { try builder.git(["tag", "t\(number)", "main"]) } }
            #expect(server.deliveries.count == 1 + 6)
        }
    }

    @Test func longPushesListTheirNewestCommits() async throws {
        try await withGitHub({ $0.limits.pushedCommits = 3 }) { server, repository, _ in
            server.setWebhook(url: "http://127.0.0.1:9/none", secret: "s")
            let push = try repository.push(commits: (0..<5).map { ["n": "\($0)"] })
            func commits() throws -> [String] {
                let body = try #require(server.deliveries.last?.payload)
                let object = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
                return try #require(object["commits"] as? [[String: Any]]).compactMap { $0["id"] as? String }
            }
            #expect(try commits().count == 3 && commits().last == push.after)
            // The same by git: a branch reset to where it was, and forward again.
            try repository.setBranch("main", to: push.before)
            #expect(try commits().isEmpty)
            try repository.setBranch("main", to: push.after)
            #expect(try commits().count == 3 && commits().last == push.after)
        }
    }
}
