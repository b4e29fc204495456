import Directory
import Events
import Foundation
import GitProtocol
import ProviderKit
import Testing

/// A folder whose files the conformance suite decides.
private struct FolderFixture: ConformanceFixture {
    let root: URL
    var folder: URL { root.appending(path: "source") }

    var provider: any Provider { DirectoryProvider() }
    var locator: Locator { Locator(provider: "dir", source: Array((folder.path + "/./").utf8)) }
    var invalidLocators: [Locator] {
        [Locator(provider: "dir", source: Array("/no/such/directory".utf8))]
    }
    var missingLocator: Locator { Locator(provider: "dir", source: Array("/no/such/directory".utf8)) }

    let cacheDirectory: String? = nil

    func makeSpoolDirectory() throws -> String {
        let spool = root.appending(path: "spool-\(UUID())")
        try FileManager.default.createDirectory(at: spool, withIntermediateDirectories: true)
        return spool.path
    }

    func publish(_ files: [[UInt8]: [UInt8]]) async throws {
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (path, content) in files { try write(content, to: path, in: folder) }
    }

    func hash(_ content: [UInt8]) -> SHA1Hash {
        var hasher = ObjectHasher()
        return hasher.hash(.blob, content).withUnsafeBytes { SHA1Hash($0) }
    }
}

/// Writes a file whose name need not be UTF-8.
private func write(_ content: [UInt8], to path: [UInt8], in folder: URL) throws {
    var directory = Array(folder.path.utf8)
    for name in path.split(separator: UInt8(ascii: "/")).dropLast() {
        directory += [UInt8(ascii: "/")] + name
        mkdir(directory.map { CChar(bitPattern: $0) } + [0], 0o755)
    }
    let name = Array(folder.path.utf8) + [UInt8(ascii: "/")] + path
    let file = try #require(fopen(name.map { CChar(bitPattern: $0) } + [0], "w"))
    defer { fclose(file) }
    #expect(fwrite(content, 1, content.count, file) == content.count)
}

private func withTemporaryFolder(_ body: (URL) async throws -> Void) async throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "directory-\(UUID())").resolvingSymlinksInPath()
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: root) }
    try await body(root)
}

@Test("a directory follows the ingestion contract")
func conformance() async throws {
    try await withTemporaryFolder { root in
        try await ProviderConformance.run(FolderFixture(root: root))
    }
}

/// Takes everything in, for what the conformance suite does not look at.
private final class ListingSink: ObservationSink, @unchecked Sendable {
    private(set) var items: [String: ObservedItem.Content] = [:]

    func fetched(_ report: FetchCompleted) async throws {}
    func fetchFailed(_ mode: FetchMode, _ error: ProviderError) async throws {}
    func needs(_ hash: SHA1Hash) async throws -> Bool { false }
    func store(
        _ content: ContentDescription, _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome { .present }
    func item(_ item: ObservedItem) async throws {
        items[String(decoding: item.path, as: UTF8.self)] = item.content
    }
}

private struct NothingKnown: KnownContent {
    let checkpoint: Checkpoint? = nil
    let isEmpty = true
    let isDistrusted = false
    func forEachItem(from path: [UInt8], _ body: (ObservedItem) throws -> Bool) throws {}
    func size(of hash: SHA1Hash) throws -> UInt64? { nil }
    func content(of hash: SHA1Hash, atMost limit: Int) throws -> [UInt8]? { nil }
}

@Test("what cannot be taken is recorded with its reason, and the tree is that of git")
func skippedAndTree() async throws {
    try await withTemporaryFolder { root in
        let folder = root.appending(path: "source")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func git(_ arguments: String...) throws -> String {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["git", "-C", folder.path] + arguments
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        _ = try git("init", "-q")
        try write(Array("echo\n".utf8), to: Array("bin/run".utf8), in: folder)
        chmod(folder.path + "/bin/run", 0o755)
        symlink("bin/run", folder.path + "/link")
        symlink("nowhere/at/all", folder.path + "/dangling")
        try write(Array("a\n".utf8), to: Array("a.b/c".utf8), in: folder)
        try write(Array("a\n".utf8), to: Array("a".utf8), in: folder)
        _ = try git("add", "-A")
        let tree = try git("write-tree")
        mkfifo(folder.path + "/pipe", 0o600)

        let source = Source(
            repository: RepositoryID(1), tenant: TenantID(1),
            locator: Locator(provider: "dir", source: Array(folder.path.utf8)),
            configuration: RepositoryConfiguration(), limits: SourceLimits(), spoolDirectory: root.path)
        let session = try DirectoryProvider().session(with: source)
        let sink = ListingSink()
        let observation = try await session.observe(
            try await session.head(since: nil), known: NothingKnown(), into: sink)
        #expect(observation.tree.hex == tree)
        #expect(sink.items[".git/"] == .skipped(mode: GitMode.tree, hash: .zero, size: 0, reason: .unsafeName))
        #expect(sink.items["pipe"] == .skipped(mode: GitMode.file, hash: .zero, size: 0, reason: .unsupported))
        guard case .blob(GitMode.executable, _, 5) = sink.items["bin/run"] else {
            Issue.record("bin/run is \(String(describing: sink.items["bin/run"]))")
            return
        }
        guard case .blob(GitMode.symlink, _, 7) = sink.items["link"] else {
            Issue.record("link is \(String(describing: sink.items["link"]))")
            return
        }
    }
}
