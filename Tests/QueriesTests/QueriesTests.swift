import Events
import Testing

@testable import Queries

/// Moments and listings, which need no store.
struct QueriesTests {
    @Test func momentsAreToldApart() throws {
        let digits = String(repeating: "1", count: 40)
        #expect(
            try Moment(parsing: digits) == .id(try #require(SHA1Hash(hex: digits))),
            "40 digits are an id, not a position")
        #expect(try Moment(parsing: "42") == .position(LogPosition(42)))
        #expect(
            try Moment(parsing: "2026-03-01T12:00:00+01:00")
                == .time(try #require(Timestamp(rfc3339: "2026-03-01T11:00:00Z"))))
        for text in [
            "", "abc123", String(repeating: "a", count: 39), String(repeating: "a", count: 64), "now", "2026-13-01",
            "-1", "99999999999999999999",
        ] {
            #expect(throws: QueryError.self, "\(text)") { try Moment(parsing: text) }
        }
    }

    /// Expected: what `git ls-tree` (2.39) prints for these names.
    @Test func pathsAreQuotedAsGitDoes() {
        func quoted(_ bytes: [UInt8]) -> String { String(decoding: ListTree.quoted(bytes), as: UTF8.self) }
        #expect(quoted(Array("plain name-1.txt".utf8)) == "plain name-1.txt")
        #expect(quoted([0x61, 0xC3, 0xA4]) == "\"a\\303\\244\"")
        #expect(quoted(Array("t\tn\nq\"b\\".utf8)) == "\"t\\tn\\nq\\\"b\\\\\"")
        #expect(quoted([0x07, 0x08, 0x0B, 0x0C, 0x0D, 0x01, 0x7F, 0xFF]) == "\"\\a\\b\\v\\f\\r\\001\\177\\377\"")
    }

    @Test func linesAreThoseOfListTree() throws {
        let hash = try #require(SHA1Hash(hex: "ce013625030ba8dba906f756967f9e9ca394464a"))
        let version = ItemVersion(position: LogPosition(1), index: 0)
        let file = FileEntry(path: Array("a".utf8), mode: GitMode.file, hash: hash, size: 6, version: version)
        #expect(ListTree.line(file) == Array("100644 blob ce013625030ba8dba906f756967f9e9ca394464a\ta\n".utf8))
        let module = FileEntry(path: [0xFF], mode: GitMode.submodule, hash: hash, version: version)
        #expect(
            ListTree.zeroTerminated(module) == Array("160000 commit ce013625030ba8dba906f756967f9e9ca394464a\t".utf8)
                + [0xFF, 0])
    }
}
