import GitHubSimulator
import Glibc
import Testing

@testable import ingestor

/// Nothing is ever written outside the target of an export.
struct ExportSafetyTests {
    @Test(arguments: ["/etc/passwd", "..", "a/../b", "a//b", "", "a/", "./a", ".git", "a/.GIT/config", "x/.Git"])
    func pathsThatLeadElsewhereAreRefused(path: String) {
        #expect(throws: CommandError.self) { try ExportPath(Array(path.utf8)) }
    }

    @Test func aPlantedLinkIsNotFollowed() async throws {
        try await withTemporaryFolder { folder in
            try FileSystem.makeDirectory("\(folder)/outside")
            var target = try DirectoryTarget("\(folder)/target")
            // Between two files of an export somebody replaces a directory by a link that leads out.
            try await plant("\(folder)/target/a", to: "\(folder)/outside")
            let path = try ExportPath(Array("a/file".utf8))
            #expect(throws: SystemError.self) {
                try target.file(path, isExecutable: false, size: 0) { _ in }
            }
            #expect(try FileSystem.names(in: "\(folder)/outside").isEmpty)
        }
    }

    @Test func aDirectoryThatIsNotEmptyIsRefused() async throws {
        try await withTemporaryFolder { folder in
            try write([1], to: "\(folder)/file")
            #expect(throws: CommandError.self) { _ = try DirectoryTarget(folder) }
        }
    }

    @Test func longNamesSurviveTheArchive() async throws {
        try await withTemporaryFolder { folder in
            var archive = try TarTarget("\(folder)/a.tar", time: 0)
            let name = String(repeating: "n", count: 200)
            let deep = (0..<30).map { "directory\($0)" }.joined(separator: "/")
            let fitting = String(repeating: "p", count: 90) + "/" + String(repeating: "q", count: 95)
            for path in [name, "\(deep)/\(name)", fitting] {
                try archive.file(try ExportPath(Array(path.utf8)), isExecutable: false, size: 3) { write in
                    try Array("abc".utf8).withUnsafeBytes { try write($0) }
                }
            }
            try archive.symlink(try ExportPath(Array("link".utf8)), to: Array(String(repeating: "t", count: 150).utf8))
            try archive.finish()
            #expect(try await system("mkdir \(folder)/out && tar xf \(folder)/a.tar -C \(folder)/out") == 0)
            for path in [name, "\(deep)/\(name)", fitting] {
                #expect(try bytes(of: "\(folder)/out/\(path)") == Array("abc".utf8))
            }
            #expect(try await system("[ $(readlink \(folder)/out/link | tr -d '\\n' | wc -c) = 150 ]") == 0)
        }
    }

    private func plant(_ path: String, to target: String) async throws {
        guard Glibc.symlink(target, path) == 0 else { throw SystemError("symlink", path) }
    }
}
