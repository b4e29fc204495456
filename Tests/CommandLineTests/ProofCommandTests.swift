import Events
import GitHubSimulator
import Glibc
import LMDB
import Testing

/// Checkpoints and proofs as a stranger gets them, and damage as whoever runs the engine sees it.
struct ProofCommandTests {
    /// A data directory with some events, and the program.
    private func withLog(_ body: (Tool, _ folder: String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await tool.succeed("init")
            try await system(
                "mkdir \(folder)/source && cd \(folder)/source && for n in 1 2 3 4 5; do echo $n > $n; done")
            try await tool.succeed("sync", "dir:\(folder)/source")
            try await body(tool, folder)
        }
    }

    @Test func checkpointsAreSignedOnceAndHold() async throws {
        try await withLog { tool, folder in
            let key = try await tool.succeed("checkpoint", "--public-key").text
            #expect(key.hasPrefix("ingestor/") && key.split(separator: "+", maxSplits: 2).count == 3)
            let first = try await tool.succeed("checkpoint").text
            #expect(try await tool.succeed("checkpoint").text == first, "nothing came since")
            #expect(first.split(separator: "\n").count == 4 && first.contains("\u{2014} ingestor/"))
            try write(Array(first.utf8), to: "\(folder)/kept")
            #expect(try await system("[ $(stat -c %a \(tool.data)/keys/credentials/*.sealed) = 600 ]") == 0)
            try await tool.succeed("sync", "dir:\(folder)/source", "--force")
            let second = try await tool.succeed("checkpoint", "--json").text
            #expect(second.contains("\"checkpoint\":\"ingestor/"))
            let verified = try await tool.succeed("verify", "--log", "--checkpoint", "\(folder)/kept", "--json")
            #expect(verified.text.contains("\"checkpoints\":2,") && verified.text.contains("\"damage\":[]"))
            // The key is sealed with the master key, and stays what it is when that one is replaced.
            try await tool.succeed("credentials", "rotate")
            #expect(try await tool.succeed("checkpoint", "--public-key").text == key)
            // Another log's checkpoint, and an altered one, are refused.
            var other = Tool(folder: folder, variables: ["INGESTOR_DATA": "\(folder)/other"])
            try await other.succeed("init")
            #expect(try await other("verify", "--checkpoint", "\(folder)/kept").status == 64, "it has no key yet")
            try await other.succeed("checkpoint")
            #expect(try await other("verify", "--checkpoint", "\(folder)/kept").status == 1)
            other.variables["INGESTOR_LOG_ORIGIN"] = "two words"
            #expect(try await other("checkpoint").status == 64)
            var lines = first.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            lines[1] = "\((UInt64(lines[1]) ?? 0) - 1)"
            try write(Array(lines.joined(separator: "\n").utf8), to: "\(folder)/altered")
            #expect(try await tool("verify", "--checkpoint", "\(folder)/altered").status == 1)
        }
    }

    @Test func proofsConvinceAStranger() async throws {
        let verifier = "tools/verify-proof"
        guard try await system("python3 --version >/dev/null 2>&1") == 0, access(verifier, X_OK) == 0 else {
            Issue.record("python3 and \(verifier) are needed", severity: .warning)
            return
        }
        try await withLog { tool, folder in
            try write(try await tool.succeed("checkpoint", "--public-key").output, to: "\(folder)/key")
            try write(try await tool.succeed("checkpoint").output, to: "\(folder)/kept")
            try await tool.succeed("sync", "dir:\(folder)/source", "--force")
            func proves(_ proof: Tool.Result, _ rest: String = "") async throws -> Bool {
                try write(proof.output, to: "\(folder)/proof")
                return try await system(
                    "\(verifier) --quiet --key \(folder)/key \(rest) \(folder)/proof 2>\(folder)/why") == 0
            }
            #expect(try await proves(tool.succeed("proof", "2")))
            #expect(try await proves(tool.succeed("proof", "2", "--json")))
            let size = try String(decoding: bytes(of: "\(folder)/kept"), as: UTF8.self).split(separator: "\n")[1]
            let last = try #require(UInt64(size))
            // The newest event is covered by no checkpoint yet: one is signed.
            let both = try await tool.succeed("proof", "\(last + 2)", "--from", "\(last)")
            #expect(try await proves(both, "--old \(folder)/kept"))
            #expect(try await proves(tool.succeed("proof", "2", "--from", "\(last)", "--json"), "--old \(folder)/kept"))
            #expect(try await proves(tool.succeed("proof", "2", "--size", "\(last)")))
            // Another place, another log, a later beginning: nothing of it is proven.
            let moved = both.text.replacing("index \(last + 2)", with: "index \(last + 1)")
            try write(Array(moved.utf8), to: "\(folder)/proof")
            #expect(try await system("\(verifier) --quiet --key \(folder)/key \(folder)/proof 2>/dev/null") == 1)
            #expect(try await tool("proof", "999999").status == 1)
            #expect(try await tool("proof", "5", "--size", "3").status == 64)
            #expect(try await tool("proof").status == 64)
            let unsigned = try await tool("proof", "1", "--size", "3")
            #expect(unsigned.status == 1 && unsigned.messages.contains("--json"))
            #expect(try await tool.succeed("proof", "1", "--size", "3", "--json").text.contains("\"checkpoint\":null"))
        }
    }

    @Test func aRewoundLogIsFound() async throws {
        try await withLog { tool, folder in
            try await tool.succeed("checkpoint")
            try await system("cp -a \(tool.data) \(folder)/earlier")
            try await tool.succeed("sync", "dir:\(folder)/source", "--force")
            try write(try await tool.succeed("checkpoint").output, to: "\(folder)/kept")
            try await system("rm -r \(tool.data) && mv \(folder)/earlier \(tool.data)")
            #expect(try await tool("verify", "--log").status == 0, "in itself it is sound")
            let found = try await tool("verify", "--log", "--checkpoint", "\(folder)/kept", "--json")
            #expect(found.status == 2 && found.text.contains("unexpectedHead"), "\(found.text)")
        }
    }

    /// The state beside it has seen more.
    @Test func aLogThatIsWoundBackAloneIsFoundWithoutACheckpoint() async throws {
        try await withLog { tool, folder in
            try await system("cp -a \(tool.data)/log \(folder)/earlier")
            try await tool.succeed("sync", "dir:\(folder)/source", "--force")
            try await system("rm -r \(tool.data)/log && mv \(folder)/earlier \(tool.data)/log")
            for _ in 0..<2 {
                let found = try await tool("verify", "--log", "--json")
                #expect(found.status == 2 && found.text.contains("unexpectedHead"), "\(found.text) \(found.messages)")
            }
            try await system("rm -r \(tool.data)/state")
            #expect(try await tool("verify", "--log").status == 0, "nothing remembers it")
        }
    }

    /// Even where nothing could be appended to such a log.
    @Test func aRecordThatWasTakenOutOfTheEndIsNamed() async throws {
        try await withLog { tool, folder in
            do {
                let environment = try Environment(path: "\(tool.data)/log", options: .init { $0.maximumDatabases = 2 })
                let events = try environment.database("events")
                try environment.write { transaction in _ = try transaction.delete(events, [0, 0, 0, 0, 0, 0, 0, 2]) }
            }
            let found = try await tool("verify", "--log", "--json")
            #expect(found.status == 2 && found.text.contains("missingRecords"), "\(found.text) \(found.messages)")
            #expect(found.text.contains("\"position\":2"), "\(found.text)")
        }
    }

    /// Any bit of the file: what matters is named, and nothing ends the process.
    @Test func flippedBitsOfTheFileAreNamedOrHarmless() async throws {
        try await withLog { tool, folder in
            for _ in 0..<4 { try await tool.succeed("sync", "dir:\(folder)/source", "--force") }
            let sound = try await tool.succeed("checkpoint").text
            try await system("rm -rf \(tool.data)/state")
            let file = "\(tool.data)/log/data.mdb"
            let original = try bytes(of: file)
            let seed = UInt64.random(in: 0 ... .max)
            var random = SplitMix(state: seed)
            var named = 0
            for round in 0..<40 {
                var changed = original
                // Half of them where trees and meta pages keep their numbers.
                var place = Int.random(in: original.indices, using: &random)
                if round.isMultiple(of: 2) { place = place / 4096 * 4096 + Int.random(in: 0..<160, using: &random) }
                changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                try write(changed, to: file)
                let result = try await tool("verify", "--log", "--json")
                let context = "seed \(seed), byte \(place) of \(original.count): \(result.status) \(result.messages)"
                #expect([0, 1, 2].contains(result.status), "\(context)")
                if result.status == 0 {
                    #expect(try await tool("checkpoint").text == sound, "\(context)")
                } else {
                    named += 1
                    #expect(
                        result.status == 2 ? result.text.contains("position") : !result.messages.isEmpty, "\(context)")
                }
                try await system("rm -rf \(tool.data)/state")
            }
            #expect(named > 0, "seed \(seed)")
        }
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
