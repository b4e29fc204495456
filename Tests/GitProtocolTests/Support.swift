import CZlib
import Foundation
import GitProtocol
import Testing

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

/// The seed of a randomised test, from INGESTOR_TEST_SEED or the clock, printed so that a failure can be repeated.
func testSeed(_ name: String) -> UInt64 {
    let seed =
        ProcessInfo.processInfo.environment["INGESTOR_TEST_SEED"].flatMap { UInt64($0) }
        ?? UInt64(Date().timeIntervalSince1970 * 1000)
    print("\(name): seed \(seed)")
    return seed
}

/// A directory that is gone after the test.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "gitprotocol-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("could not remove \(path): \(error)")
        }
    }

    func file(_ name: String) -> String { path + "/" + name }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }
}

func read(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// The folder of given material; nil where this checkout has none.
let sharedData: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let shared =
        ProcessInfo.processInfo.environment["INGESTOR_SHARED"].map { URL(fileURLWithPath: $0) }
        ?? root.deletingLastPathComponent().appendingPathComponent("shared")
    let data = shared.appendingPathComponent("data").path
    return FileManager.default.fileExists(atPath: data) ? data : nil
}()

/// A repository that the real Git works on.
struct Repository {
    let directory: TemporaryDirectory
    var path: String { directory.path }

    init() throws {
        directory = try TemporaryDirectory()
        try git("init", "-q", "-b", "main")
    }

    /// Runs Git; its standard output.
    @discardableResult
    func git(_ arguments: String..., input: [UInt8] = []) throws -> [UInt8] {
        try git(arguments, input: input)
    }

    @discardableResult
    func git(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        let names = (0..<3).map { "\(path)-\(UUID().uuidString)-\($0)" }
        defer { for name in names where unlink(name) != 0 { print("could not remove \(name)") } }
        try Data(input).write(to: URL(fileURLWithPath: names[0]))
        for name in names[1...] { try Data().write(to: URL(fileURLWithPath: name)) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", path] + arguments
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": path,
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
            "GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000",
        ]
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: names[0]))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: names[1]))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: names[2]))
        try process.run()
        process.waitUntilExit()
        if process.terminationStatus != 0 {
            throw GitFailed(
                arguments: arguments, words: String(decoding: try GitProtocolTests.read(names[2]), as: UTF8.self))
        }
        return try GitProtocolTests.read(names[1])
    }

    /// Runs Git; its standard output as text, without the last line's end.
    func text(_ arguments: String..., input: [UInt8] = []) throws -> String {
        String(decoding: try git(arguments, input: input), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func write(_ content: [UInt8], to name: String) throws {
        let url = URL(fileURLWithPath: directory.file(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: url)
    }

    func commit(_ message: String) throws -> ObjectID {
        try git("add", "-A")
        try git("commit", "-q", "--allow-empty", "-m", message)
        return try #require(ObjectID(hex: text("rev-parse", "HEAD")))
    }

    /// All objects, by `cat-file --batch`.
    func objects() throws -> [ObjectID: RawObject] {
        let output = try git("cat-file", "--batch-all-objects", "--batch")
        var objects: [ObjectID: RawObject] = [:]
        var rest = output[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let fields = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            let size = try #require(Int(fields[2]))
            let content = rest[(end + 1)..<(end + 1 + size)]
            let kind = try #require(ObjectKind.allCases.first { "\($0)" == fields[1] })
            objects[try #require(ObjectID(hex: String(fields[0])))] = RawObject(kind: kind, content: Array(content))
            rest = rest[(end + 2 + size)...]
        }
        return objects
    }
}

struct GitFailed: Error, CustomStringConvertible {
    let arguments: [String]
    let words: String
    var description: String { "git \(arguments.joined(separator: " ")): \(words)" }
}

/// A zlib stream of the bytes.
func deflated(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
    var length = compressBound(UInt(bytes.count))
    var output = [UInt8](repeating: 0, count: Int(length))
    let result = compress2(&output, &length, bytes, UInt(bytes.count), level)
    precondition(result == Z_OK)
    return Array(output[..<Int(length)])
}
