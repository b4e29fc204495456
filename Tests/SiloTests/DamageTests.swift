import Events
import Foundation
import Testing

@testable import Silo

@Suite struct DamageTests {
    private static func make(_ directory: TemporaryDirectory, isSealed: Bool) throws -> [[UInt8]] {
        var random = SplitMix(3)
        // Two frames of small blobs, one stored and one compressed, and a large blob of two parts.
        let contents =
            [Array("some text, some text, some text, some text".utf8), [], Array("other".utf8)]
            + [(0..<150).map { _ in UInt8(random.below(256)) }, (0..<300).map { UInt8($0 % 3) }]
        let silo = try directory.open { $0.partByteCount = 200 }
        for content in contents.prefix(3) { _ = try silo.store(content) }
        try silo.flush()
        for content in contents.dropFirst(3) { _ = try silo.store(content) }
        try silo.flush()
        if isSealed { _ = try silo.seal(.public) }
        #expect(try silo.verify().findings.isEmpty)
        return contents
    }

    /// Whatever bit of a shard changes, verifying finds it; and no read gives wrong bytes.
    @Test(arguments: [false, true])
    func everyChangedBitIsFound(isSealed: Bool) throws {
        let directory = TemporaryDirectory()
        let contents = try Self.make(directory, isSealed: isSealed)
        let path = directory.shardPath
        let whole = readFile(path)
        for position in whole.indices {
            var damaged = whole
            damaged[position] ^= 1 << UInt8(position % 8)
            writeFile(path, damaged)
            let silo = try directory.open()
            let report: VerifyReport
            do {
                report = try silo.verify()
            } catch {
                // A header may claim another version, but only with its checksum.
                Issue.record("\(position): \(error)")
                continue
            }
            #expect(!report.findings.isEmpty, "byte \(position) of \(whole.count)")
            for content in contents {
                do {
                    #expect(try silo.read(gitHash(content), in: .public) == content)
                } catch {
                    #expect(error.code == .damaged)
                }
            }
        }
        writeFile(path, whole)
        #expect(try directory.open().verify().findings.isEmpty)
    }

    /// A damaged blob is named; forgotten and put again it is whole.
    @Test func damageIsNamedAndRepaired() throws {
        let directory = TemporaryDirectory()
        let contents = try Self.make(directory, isSealed: true)
        let path = directory.shardPath
        var bytes = readFile(path)
        let victim = contents[3]
        let at = try #require(bytes.indices.first { bytes[$0...].starts(with: victim) })
        bytes[at + 5] ^= 1
        writeFile(path, bytes)
        let silo = try directory.open()
        let named = Set(try silo.verify().findings.compactMap(\.blob))
        #expect(named.contains(gitHash(victim)))
        #expect(throws: SiloError.self) { try silo.read(gitHash(victim), in: .public) }
        try silo.forget([gitHash(victim)], in: .public)
        _ = try silo.store(victim)
        #expect(try silo.read(gitHash(victim), in: .public) == victim)
        try silo.rebuildLocations()
        #expect(try silo.read(gitHash(victim), in: .public) == victim, "the later copy counts")
    }

    /// The location index may be deleted, cut, overwritten or from before: it is made anew, or brought up to date.
    @Test func theLocationIndexIsDisposable() throws {
        let directory = TemporaryDirectory()
        let old = TemporaryDirectory()
        do {
            let silo = try directory.open()
            _ = try silo.store([1])
            try silo.flush()
        }
        let data = "\(directory.locations)/data.mdb"
        let before = readFile(data)
        var contents: [[UInt8]] = [[1]]
        do {
            let silo = try directory.open { $0.shardByteCount = 20_000 }
            for number in 0..<300 {
                contents.append(Array("\(number)".utf8) + SplitMixContent.bytes(number))
                _ = try silo.store(contents[contents.count - 1])
                if number % 20 == 0 { try silo.flush() }
            }
            try silo.flush()
        }
        let now = readFile(data)
        let cases: [(String, isRebuilt: Bool, () -> Void)] = [
            ("deleted", true, { TemporaryDirectory.remove(directory.locations) }),
            ("cut", true, { writeFile(data, Array(now[..<(now.count / 2)])) }),
            ("empty", true, { writeFile(data, []) }),
            ("overwritten", true, { writeFile(data, [UInt8](repeating: 0xa5, count: now.count)) }),
            ("from before", false, { writeFile(data, before) }),
            ("as it was", false, { writeFile(data, now) }),
        ]
        for (name, isRebuilt, damage) in cases {
            damage()
            let silo = try directory.open()
            #expect(silo.openReport.hasRebuiltLocations == isRebuilt, "\(name)")
            #expect(try silo.statistics().blobCount == contents.count, "\(name)")
            for content in contents { #expect(try silo.read(gitHash(content), in: .public) == content, "\(name)") }
            #expect(try silo.verify().findings.isEmpty, "\(name)")
        }
        // After an unclean end of the machine, it is not believed at all.
        #expect(try directory.open(boot: "another").openReport.hasRebuiltLocations)
        _ = old
    }

    /// A reader in another language, written from the article alone, reads the same.
    @Test(.enabled(if: Python.canRead, "needs python3 and zstd"), arguments: [false, true])
    func thePythonReaderAgrees(isSealed: Bool) throws {
        let directory = TemporaryDirectory()
        let contents = try Self.make(directory, isSealed: isSealed)
        // What a crash leaves behind the last whole frame counts for nothing.
        if !isSealed { writeFile(directory.shardPath, readFile(directory.shardPath) + Array("FRME torn".utf8)) }
        let list = try Python.run([directory.shardPath])
        #expect(list.status == 0)
        let lines = list.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(Set(lines.map { String($0[0]) }) == Set(contents.map { gitHash($0).hex }))
        for content in contents {
            let one = try Python.run([directory.shardPath, gitHash(content).hex])
            #expect(one.status == 0 && Array(one.bytes) == content)
        }
    }
}

enum Python {
    static let script = URL(filePath: #filePath).appending(path: "../../../tools/read-shard.py").standardized.path

    static var canRead: Bool {
        (try? execute("python3", ["-c", "import shutil, sys; sys.exit(shutil.which('zstd') is None)"]).status) == 0
    }

    static func run(_ arguments: [String]) throws -> (status: Int32, bytes: Data, output: String) {
        let result = try execute("python3", [script] + arguments)
        return (result.status, result.bytes, String(decoding: result.bytes, as: UTF8.self))
    }

    private static func execute(_ name: String, _ arguments: [String]) throws -> (status: Int32, bytes: Data) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [name] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, bytes)
    }
}
