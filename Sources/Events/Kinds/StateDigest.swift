import FoundationEssentials
import SwiftProtobuf

/// What the projections had come to after some of the events, recorded while the state was folded, so that a later replay is
/// checked on its way and can name where it parts from what was.
public struct StateDigest: Sendable, Equatable {
    /// One projection, over all tenants.
    public struct Part: Sendable, Equatable {
        public var projection: String
        /// Its rows' version. A digest of another one says nothing.
        public var version: UInt32
        /// SHA-256 over its digests, in the order of the tenants, each as the tenant (four bytes big-endian) and the digest.
        public var digest: SHA256Hash

        public init(projection: String, version: UInt32, digest: SHA256Hash) {
            self.projection = projection
            self.version = version
            self.digest = digest
        }
    }

    /// How many events were folded: those at the positions below it.
    public var count: UInt64
    /// At most ``maximumParts``.
    public var parts: [Part]

    /// Limit of the projections of one event.
    public static let maximumParts = 1024

    public init(count: UInt64, parts: [Part]) {
        self.count = count
        self.parts = parts
    }
}

extension StateDigest: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireStateDigest.self, clear)
        count = open.count
        let names = open.projections
        guard names.count <= Self.maximumParts else {
            throw DecodingFailure("\(names.count) projections in one event are over the limit of \(Self.maximumParts)")
        }
        let (versions, digests) = (open.versions.array, open.digests.array)
        var versionReader = ByteReader(versions.span.bytes)
        var digestReader = ByteReader(digests.span.bytes)
        parts = []
        for name in names {
            let version = try versionReader.varint()
            guard let version = UInt32(exactly: version) else {
                throw DecodingFailure("version \(version) of a projection is none")
            }
            parts.append(Part(projection: name, version: version, digest: try digestReader.sha256()))
        }
        try versionReader.end()
        try digestReader.end()
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        var (versions, digests): ([UInt8], [UInt8]) = ([], [])
        for part in parts {
            versions.append(varint: part.version)
            digests.append(part.digest)
        }
        let open = WireStateDigest.with {
            $0.count = count
            $0.projections = parts.map(\.projection)
            $0.versions = Data(versions)
            $0.digests = Data(digests)
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [
            ("count", .uint(count)),
            (
                "projections",
                .array(
                    parts.map {
                        .object([
                            ("projection", .string($0.projection)), ("version", .uint(UInt64($0.version))),
                            ("digest", .hash($0.digest)),
                        ])
                    })
            ),
        ]
    }
}
