import Events
import GitHubSimulator
import Glibc
import Testing

/// Copies of a data directory and of its log, cut and altered ones included.
struct BackupTests {
    private func withStore(_ body: (Tool, _ folder: String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            // Small shards, so that some are sealed.
            let tool = Tool(folder: folder, variables: ["INGESTOR_SHARD_BYTES": "65536"])
            try await tool.succeed("init")
            try await system("mkdir \(folder)/source")
            try await grow(tool, folder, 1)
            try await body(tool, folder)
        }
    }

    private func grow(_ tool: Tool, _ folder: String, _ round: Int) async throws {
        try await system(
            "cd \(folder)/source && for n in 1 2 3 4 5; do head -c 40000 /dev/urandom > big-\(round)-$n; done; date > changing"
        )
        try await tool.succeed("sync", "dir:\(folder)/source")
    }

    private func field(_ name: String, _ result: Tool.Result) -> String {
        let rest = result.text.components(after: "\"\(name)\":")
        return String(rest.prefix { $0 != "," && $0 != "}" })
    }

    private func copy(_ tool: Tool, _ name: String) -> Tool {
        Tool(folder: tool.folder, variables: tool.variables.merging(["INGESTOR_DATA": "\(tool.folder)/\(name)"]) { $1 })
    }

    @Test(arguments: ["ndjson", "protobuf"]) func anExportedLogIsTakenOverRootForRoot(format: String) async throws {
        try await withStore { tool, folder in
            try await tool.succeed("checkpoint")
            let file = "\(folder)/log.\(format)"
            let exported = try await tool.succeed("export-log", file, "--format", format, "--json")
            let other = copy(tool, "imported")
            let imported = try await other.succeed("import-log", file, "--json")
            for name in ["events", "bytes", "digest", "root"] {
                #expect(field(name, exported) == field(name, imported), "\(name): \(exported.text) \(imported.text)")
            }
            #expect(field("digest", try await other.succeed("replay", "--json")) == field("digest", exported))
            #expect(try await other("verify", "--log").status == 0)
            #expect(try await other("import-log", file).status == 1, "it has events already")
            // The same log gives the same file.
            try await other.succeed("export-log", "\(file).again", "--format", format)
            #expect(try bytes(of: file) == bytes(of: "\(file).again") || format == "ndjson")
            let whole = try bytes(of: file)
            let seed = UInt64.random(in: 0 ... .max)
            var random = BackupGenerator(state: seed)
            for round in 0..<12 {
                var bad = whole
                let place = Int.random(in: bad.indices, using: &random)
                switch round % 4 {
                case 0: bad[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bad.removeSubrange(place...)
                case 2: bad.remove(at: place)
                default:
                    // Two lines, or halves, change places.
                    bad = Array(bad[place...] + bad[..<place])
                    if place == 0 { continue }
                }
                try write(bad, to: "\(folder)/bad")
                let third = copy(tool, "refused")
                let result = try await third("import-log", "\(folder)/bad")
                #expect(result.status == 1 && !result.messages.isEmpty, "seed \(seed), round \(round), byte \(place)")
                #expect(try await third("log").output.isEmpty, "nothing is half done")
                #expect(try await system("[ -e \(third.data(folder))/log.import ]") != 0)
            }
        }
    }

    @Test func aBackupGrowsAndIsRestored() async throws {
        try await withStore { tool, folder in
            let first = try await tool.succeed("backup", "\(folder)/backup", "--with-keys", "--json")
            let kept = try await tool.succeed("checkpoint").output
            try write(kept, to: "\(folder)/kept")
            try await grow(tool, folder, 2)
            let second = try await tool.succeed("backup", "\(folder)/backup", "--with-keys", "--json")
            #expect(
                (UInt64(field("copiedBytes", second)) ?? .max) < (UInt64(field("bytes", second)) ?? 0),
                "it is incremental")
            let again = try await tool.succeed("backup", "\(folder)/backup", "--json")
            #expect((UInt64(field("copiedBytes", again)) ?? .max) < 10_000, "\(again.text)")
            try await tool.succeed("backup", "\(folder)/copy.tar", "--with-keys")
            for source in ["backup", "copy.tar"] {
                let restored = copy(tool, "restored-\(source)")
                let result = try await restored.succeed("restore", "\(folder)/\(source)", "--json")
                for name in ["events", "digest", "root"] {
                    #expect(field(name, result) == field(name, again), "\(result.text)")
                }
                try await restored.succeed(
                    "verify", "--checkpoint", "\(folder)/kept", "--public-key", try await key(tool))
                let cat = "dir:\(folder)/source:changing"
                #expect(try await restored.succeed("cat", cat).output == tool.succeed("cat", cat).output)
                // It goes on from there.
                try await grow(restored, folder, 3)
                #expect(try await restored("restore", "\(folder)/\(source)").status == 1, "it is not empty")
            }
            // As it was at the first backup: the root at that size is the same.
            let then = copy(tool, "then")
            let events = try #require(UInt64(field("events", first)))
            let result = try await then.succeed("restore", "\(folder)/backup", "--until", "\(events - 1)", "--json")
            #expect(field("root", result) == field("root", first) && field("events", result) == "\(events)")
            #expect(field("digest", result) == field("digest", first))
        }
    }

    /// The log needs no key. What is sealed is closed, which is no damage, and damage is found nevertheless.
    @Test func aBackupWithoutKeysIsRestoredAndOpensWithThem() async throws {
        try await withStore { tool, folder in
            // One that is kept in parts.
            try await system("head -c 12000000 /dev/urandom > \(folder)/source/large")
            try await tool.succeed("sync", "dir:\(folder)/source")
            try await tool.succeed("gc", "--recompress")
            let made = try await tool.succeed("backup", "\(folder)/backup", "--json")
            #expect(field("keys", made) == "false")
            #expect(try await system("[ -z \"$(find \(folder)/backup/keys -type f)\" ]") == 0)
            let restored = copy(tool, "restored")
            let result = try await restored.succeed("restore", "\(folder)/backup", "--json")
            for name in ["events", "digest", "root"] {
                #expect(field(name, result) == field(name, made), "\(result.text)")
            }
            let closed = try #require(UInt64(field("closed", result)))
            #expect(closed >= 7 && result.messages.contains("The keys were not in the backup"))
            let before = try await restored.succeed("verify", "--json")
            #expect(UInt64(field("closed", before)) == closed && field("blobs", before) == "0")
            #expect(before.text.contains("\"damage\":[]"))
            let cat = "dir:\(folder)/source:changing"
            #expect(try await restored("cat", cat).status == 1)
            #expect(try await restored("sync", "dir:\(folder)/source").status == 1, "nothing can be sealed")
            // Whoever has the keys has everything.
            try await system("cp -a \(tool.data)/keys/. \(restored.data(folder))/keys/")
            #expect(try await restored.succeed("cat", cat).output == tool.succeed("cat", cat).output)
            let after = try await restored.succeed("verify", "--json")
            #expect(field("closed", after) == "0" && UInt64(field("blobs", after)) == closed)
            try await grow(restored, folder, 2)
            try await system("rm -r \(restored.data(folder))/keys/*")
            try await system(
                "f=$(ls \(restored.data(folder))/silo/*.shard | head -1); printf x | dd of=$f bs=1 seek=3000 conv=notrunc 2>/dev/null"
            )
            #expect(try await restored("verify").status == 2)
        }
    }

    private func key(_ tool: Tool) async throws -> String {
        String(try await tool.succeed("checkpoint", "--public-key").text.dropLast())
    }

    @Test func alteredBackupsAreRefused() async throws {
        try await withStore { tool, folder in
            try await tool.succeed("backup", "\(folder)/backup")
            let names = ["manifest", "log/*", "silo/*"]
            for (round, name) in names.enumerated() {
                try await system("rm -rf \(folder)/bad && cp -a \(folder)/backup \(folder)/bad")
                try await system(
                    "f=$(ls \(folder)/bad/\(name) | head -1); printf x | dd of=$f bs=1 seek=99 conv=notrunc 2>/dev/null"
                )
                let target = copy(tool, "target-\(round)")
                let result = try await target("restore", "\(folder)/bad")
                #expect(result.status == 2, "\(name): \(result.messages)")
                #expect(try await target("log").status == 1, "it is no data directory")
                // The sound one goes where that was cut.
                try await target.succeed("restore", "\(folder)/backup")
            }
            let other = copy(tool, "other")
            try await other.succeed("init")
            try await other.succeed("sync", "dir:\(folder)/source")
            let refused = try await other("backup", "\(folder)/backup")
            #expect(refused.status == 2 && refused.messages.contains("another log"))
        }
    }

    /// The keys in a backup are those of one moment: the master key opens what is beside it.
    @Test func aMasterKeyThatIsReplacedMeanwhileGoesWithWhatItSealed() async throws {
        try await withStore { tool, folder in
            for number in 0..<30 {
                try await system("mkdir \(folder)/source-\(number) && date > \(folder)/source-\(number)/changing")
                try await tool.succeed("sync", "dir:\(folder)/source-\(number)", "--tenant", "tenant-\(number)")
            }
            for round in 0..<8 {
                let rotating = try tool.start([Array("credentials".utf8), Array("rotate".utf8)])
                try await Task.sleep(for: .milliseconds(10 * round))
                try await tool.succeed("backup", "\(folder)/backup", "--with-keys", "--no-verify")
                #expect(try await rotating.wait().status == 0)
                let restored = copy(tool, "restored-\(round)")
                let result = try await restored.succeed("restore", "\(folder)/backup", "--json")
                #expect(field("closed", result) == "0" || field("closed", result).isEmpty, "\(result.text)")
                for number in [0, 29] {
                    let source = "dir:\(folder)/source-\(number):changing"
                    try await restored.succeed("cat", source, "--tenant", "tenant-\(number)")
                }
            }
        }
    }

    /// Killed at any moment: the former backup restores, and the next run completes.
    @Test func killedBackupsAndRestoresLeaveWhatWasThere() async throws {
        try await withStore { tool, folder in
            let seed = UInt64.random(in: 0 ... .max)
            var random = BackupGenerator(state: seed)
            try await tool.succeed("backup", "\(folder)/backup")
            for round in 2..<6 {
                try await grow(tool, folder, round)
                let running = try tool.start([Array("backup".utf8), Array("\(folder)/backup".utf8)])
                try await Task.sleep(for: .milliseconds(Int.random(in: 30...400, using: &random)))
                running.end()
                _ = try await running.wait()
                let restored = copy(tool, "restored-\(round)")
                let restoring = try restored.start([Array("restore".utf8), Array("\(folder)/backup".utf8)])
                try await Task.sleep(for: .milliseconds(Int.random(in: 30...300, using: &random)))
                restoring.end()
                let cut = try await restoring.wait()
                if cut.status != 0, try await system("[ -e \(restored.data(folder))/FORMAT ]") != 0 {
                    try await restored.succeed("restore", "\(folder)/backup")
                }
                let verified = try await restored("verify")
                #expect(verified.status == 0, "\(verified.text)\(verified.messages), seed \(seed), round \(round)")
                let whole = try await tool.succeed("backup", "\(folder)/backup", "--json")
                #expect(field("events", whole) == field("events", try await tool.succeed("stats", "--json")))
            }
        }
    }
}

extension Tool {
    /// The data directory that its variables name.
    fileprivate func data(_ folder: String) -> String { variables["INGESTOR_DATA"] ?? data }
}

extension String {
    /// What follows the first `mark`.
    fileprivate func components(after mark: String) -> Substring {
        guard let range = self.firstRange(of: mark) else { return "" }
        return self[range.upperBound...]
    }
}

private struct BackupGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
