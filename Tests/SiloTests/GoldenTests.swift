import Events
import Foundation
import Testing

@testable import Silo

@Suite struct GoldenTests {
    /// SHA-1 and size of what the golden shard holds, as Git computed them.
    private static let blobs = [
        ("e5af32176723e6cf99a16589271fb603ab87f87c", 750), ("a983f55e13fa04969bd1c40d5f89731578b2fed8", 30),
        ("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", 0), ("eb15900c469695eb5117265bcf52fece9dcea18c", 120),
        ("885f87f72984dbb3515ca159c12011621e3a3e4f", 746), ("4d8718e419f5e39ef7bea3aa26c9e2a387fdb9f2", 742),
    ]

    private static func make() throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        mkdir(directory.silo, 0o700)
        let bytes = try #require(Data(base64Encoded: GoldenShard.base64, options: .ignoreUnknownCharacters))
        writeFile("\(directory.silo)/\(GoldenShard.name)", Array(bytes))
        return directory
    }

    /// A shard of an earlier build reads as it did, byte for byte, and is rewritten to the same contents.
    @Test func anOldShardIsRead() throws {
        let directory = try Self.make()
        let silo = try directory.open()
        func check() throws {
            #expect(try silo.verify().findings.isEmpty)
            #expect(try silo.statistics().blobCount == Self.blobs.count)
            for (hex, byteCount) in Self.blobs {
                let hash = try #require(SHA1Hash(hex: hex))
                let content = try silo.read(hash, in: .public)
                #expect(content.count == byteCount && gitHash(content) == hash)
            }
        }
        try check()
        let rewrite = try silo.rewrite([ShardID(rawValue: 2)], in: .public)
        try silo.delete(rewrite.replaced)
        try check()
    }

    @Test(.enabled(if: Python.canRead, "needs python3 and zstd"))
    func thePythonReaderReadsDifferences() throws {
        let directory = try Self.make()
        let list = try Python.run([directory.shardPath])
        #expect(list.status == 0)
        let lines = list.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.map { String($0[0]) } == Self.blobs.map(\.0))
        #expect(lines.map { Int($0[2]) } == Self.blobs.map(\.1))
    }
}
