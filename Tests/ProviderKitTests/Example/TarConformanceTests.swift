import Events
import Foundation
import GitProtocol
import ProviderKit
import Testing

/// An archive whose files the conformance suite decides.
private struct ArchiveFixture: ConformanceFixture {
    let folder: URL
    private var archive: URL { folder.appending(path: "code.tar") }

    var provider: any Provider { TarProvider() }
    var locator: Locator { Self.locator("\(folder.path)/./code.tar") }
    var invalidLocators: [Locator] { [Self.locator("code.tar"), Self.locator("/srv/code.zip")] }
    var missingLocator: Locator { Self.locator("/no/such/archive.tar") }
    let cacheDirectory: String? = nil

    private static func locator(_ path: String) -> Locator { Locator(provider: "tar", source: Array(path.utf8)) }

    func makeSpoolDirectory() throws -> String {
        let spool = folder.appending(path: "spool-\(UUID())")
        try FileManager.default.createDirectory(at: spool, withIntermediateDirectories: true)
        return spool.path
    }

    func publish(_ files: [[UInt8]: [UInt8]]) async throws {
        var bytes: [UInt8] = []
        for (path, content) in files {
            bytes += Self.header(path, size: content.count) + content
            bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        }
        try Data(bytes + [UInt8](repeating: 0, count: 1024)).write(to: archive)
    }

    private static func header(_ path: [UInt8], size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        header.replaceSubrange(0..<path.count, with: path)
        header.replaceSubrange(100..<107, with: Array("0000644".utf8))
        let octal = String(size, radix: 8)
        let digits = String(repeating: "0", count: 11 - octal.count) + octal
        header.replaceSubrange(124..<135, with: Array(digits.utf8))
        header[156] = UInt8(ascii: "0")
        return header
    }

    func hash(_ content: [UInt8]) -> SHA1Hash {
        var hasher = ObjectHasher()
        return hasher.hash(.blob, content).withUnsafeBytes { SHA1Hash($0) }
    }
}

@Test("the provider of the documentation follows the ingestion contract")
func exampleConformance() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tar-\(UUID())").resolvingSymlinksInPath()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }  // Left behind it harms nobody.
    try await ProviderConformance.run(ArchiveFixture(folder: folder))
}
