public import Events
import Glibc

/// What the blob store could not do.
public struct SiloError: Error, Sendable, CustomStringConvertible {
    /// What went wrong. More may come.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The domain has no such blob.
        public static let notFound = Code(rawValue: "notFound")
        /// The disk or a quota is full. Nothing is lost; writing goes on once there is room.
        public static let noSpace = Code(rawValue: "noSpace")
        /// The operating system refused to read or write.
        public static let inputOutput = Code(rawValue: "inputOutput")
        /// Bytes on disk are not what was written.
        public static let damaged = Code(rawValue: "damaged")
        /// An fsync failed, so that nobody knows what is on disk. The store has to be opened again.
        public static let stopped = Code(rawValue: "stopped")
        /// What was asked for has to wait for a stream that is being written.
        public static let busy = Code(rawValue: "busy")
        /// A shard is encrypted, and its key is not to be had.
        public static let encrypted = Code(rawValue: "encrypted")
        /// A shard was written by a later version.
        public static let unknownFormat = Code(rawValue: "unknownFormat")
        /// A stream had more or fewer bytes than it was announced with.
        public static let wrongSize = Code(rawValue: "wrongSize")
        /// A stream had another hash than it was announced with.
        public static let wrongHash = Code(rawValue: "wrongHash")
        /// The store was opened for reading.
        public static let readOnly = Code(rawValue: "readOnly")
    }

    public let code: Code
    /// What happened and what to do about it.
    public let message: String
    /// `errno`, where the operating system said no.
    public let systemError: CInt?
    /// The shard that is concerned, where one is.
    public let shard: ShardID?

    init(_ code: Code, _ message: String, systemError: CInt? = nil, shard: ShardID? = nil) {
        self.code = code
        self.message = message
        self.systemError = systemError
        self.shard = shard
    }

    /// The error of a call that failed with `errno`.
    init(_ systemError: CInt, while action: String, shard: ShardID? = nil) {
        let reason = String(cString: strerror(systemError))
        switch systemError {
        case ENOSPC, EDQUOT, EFBIG:
            self.init(
                .noSpace, "\(action): \(reason). Nothing is lost; free some space and try again.",
                systemError: systemError, shard: shard)
        default:
            self.init(.inputOutput, "\(action): \(reason)", systemError: systemError, shard: shard)
        }
    }

    public var description: String { "blob store: \(message)" }
}

extension SiloError {
    /// A shard uses what this version does not know.
    static func unknown(_ what: String, _ shard: ShardID) -> SiloError {
        SiloError(
            .unknownFormat, "shard \(shard.rawValue) has \(what), which this version cannot read; use a later one",
            shard: shard)
    }

    /// A shard is not as it was written.
    static func damaged(_ what: String, _ shard: ShardID) -> SiloError {
        SiloError(
            .damaged, "shard \(shard.rawValue): \(what). `verify` names what is lost.", shard: shard)
    }

    /// A shard is sealed with a key.
    static func encrypted(_ key: KeyID, _ shard: ShardID, _ cause: (any Error)?) -> SiloError {
        let reason = cause.map { ": \($0)" } ?? ", and no keys were given"
        return SiloError(
            .encrypted, "shard \(shard.rawValue) is encrypted with key \(key.rawValue)\(reason)", shard: shard)
    }

    /// What `body` decodes from `shard`; bytes that do not decode are damage.
    static func decoding<R>(_ shard: ShardID, _ body: () throws -> R) throws(SiloError) -> R {
        do {
            return try body()
        } catch let error as SiloError {
            throw error
        } catch {
            throw damaged("\(error)", shard)
        }
    }
}
