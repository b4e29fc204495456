import FoundationEssentials
import SwiftProtobuf
import Testing

@testable import Events

/// A record of an earlier version is read as what the current one says, and its bytes stay.
@Suite struct UpcastingTests {
    /// As if a renaming had once been recorded as two whole locators in the sealed payload, then as two with the provider in
    /// clear, and now as it is.
    private static let upcasters = Upcasters([
        Upcaster(kind: .repositoryRenamed, version: 2) { clear, sealed throws(DecodingFailure) in
            // Version 2 had the new source first.
            guard !sealed.isEmpty else { return (clear, []) }
            let swapped = try Wire.decode(WireRepositoryRenamedSealed.self, sealed.span.bytes)
            let ordered = WireRepositoryRenamedSealed.with {
                $0.oldSource = swapped.newSource
                $0.newSource = swapped.oldSource
            }
            return (clear, Wire.encode(ordered))
        },
        Upcaster(kind: .repositoryRenamed, version: 1) { clear, sealed throws(DecodingFailure) in
            // Version 1 named no provider: there was one alone.
            (Wire.encode(WireRepositoryRenamed.with { $0.provider = "git" }), sealed)
        },
    ])

    private func record(version: UInt16, clear: [UInt8], sealed: [UInt8], key: UInt32 = 0) -> [UInt8] {
        let draft = EventDraft(
            .repositoryRenamed(
                RepositoryRenamed(
                    old: Locator(provider: "git", source: []), new: Locator(provider: "git", source: []))),
            tenant: TenantID(1))
        var record = Array(draft.encode(at: Timestamp(seconds: 1)).prefix(RecordHeader.byteCount))
        func put(_ value: some FixedWidthInteger, at offset: Int) {
            withUnsafeBytes(of: value.bigEndian) { record.replaceSubrange(offset..<offset + $0.count, with: $0) }
        }
        put(version, at: 4)
        put(key, at: 24)
        put(UInt32(clear.count), at: 32)
        put(UInt32(sealed.count), at: 36)
        return record + clear + sealed
    }

    private func decode(_ record: [UInt8]) throws -> Envelope {
        try Envelope(record: record.span.bytes, at: LogPosition(3), keys: nil, upcasters: Self.upcasters)
    }

    private let sources = WireRepositoryRenamedSealed.with {
        $0.oldSource = Data("b".utf8)
        $0.newSource = Data("a".utf8)
    }

    @Test func eachVersionIsReadAsTheCurrentOne() throws {
        let wanted = Event.repositoryRenamed(
            RepositoryRenamed(
                old: Locator(provider: "git", source: Array("a".utf8)),
                new: Locator(provider: "git", source: Array("b".utf8))))
        let provider = Wire.encode(WireRepositoryRenamed.with { $0.provider = "git" })
        let ordered = WireRepositoryRenamedSealed.with {
            $0.oldSource = sources.newSource
            $0.newSource = sources.oldSource
        }
        let first = try decode(record(version: 1, clear: [], sealed: Wire.encode(sources)))
        #expect(first.event == wanted)
        #expect(first.header.version == 1)
        #expect(try decode(record(version: 2, clear: provider, sealed: Wire.encode(sources))).event == wanted)
        #expect(try decode(record(version: 3, clear: provider, sealed: Wire.encode(ordered))).event == wanted)
    }

    /// What cannot be opened stays closed on the way.
    @Test func whatIsSealedAndClosedIsUpcastWithoutIt() throws {
        let sealed = [UInt8](repeating: 7, count: RecordHeader.sealOverheadByteCount + 4)
        let envelope = try decode(record(version: 1, clear: [], sealed: sealed, key: 1))
        #expect(envelope.sealing == .closed)
        guard case .repositoryRenamed(let renamed) = envelope.event else {
            Issue.record("it is another event")
            return
        }
        #expect(renamed.old.provider == "git")
        #expect(renamed.old.source.isEmpty && renamed.new.source.isEmpty)
    }

    @Test func versionsThatWereNeverWrittenAreRefused() throws {
        for version: UInt16 in [0, 4, 999] {
            #expect(throws: DecodingFailure.self) { try decode(record(version: version, clear: [], sealed: [])) }
        }
        // And another kind has version 1 alone.
        #expect(Self.upcasters.currentVersion(of: .repositoryRenamed) == 3)
        #expect(Self.upcasters.currentVersion(of: .itemsChanged) == 1)
        // What an upcaster makes is decoded as strictly as what was written.
        #expect(throws: DecodingFailure.self) {
            try decode(record(version: 2, clear: [], sealed: [0xff, 0xff, 0xff]))
        }
    }
}
