import FoundationEssentials
import SwiftProtobuf

/// What is watched of a source, and how long it is kept. Part of the events that set it.
public struct RepositoryConfiguration: Sendable, Equatable {
    /// The branch to follow, without `refs/heads/`; nil: the one that the remote's HEAD names.
    public var branch: [UInt8]?
    /// Only the tenant may read it. False: the provider vouches that anybody may.
    public var isPrivate: Bool
    /// Patterns of paths to take; none: all.
    public var include: [[UInt8]]
    /// Patterns of paths to leave out; they win over `include`.
    public var exclude: [[UInt8]]
    /// How long earlier versions of files are kept, in days; nil: for ever.
    public var keepHistoryDays: UInt32?
    /// Contents that a pointer stands for (Git LFS) are fetched too.
    public var fetchesLargeFiles: Bool

    public init(
        branch: [UInt8]? = nil, isPrivate: Bool = true, include: [[UInt8]] = [], exclude: [[UInt8]] = [],
        keepHistoryDays: UInt32? = nil, fetchesLargeFiles: Bool = false
    ) {
        self.branch = branch
        self.isPrivate = isPrivate
        self.include = include
        self.exclude = exclude
        self.keepHistoryDays = keepHistoryDays
        self.fetchesLargeFiles = fetchesLargeFiles
    }

    var json: [(String, JSONValue)] {
        func texts(_ list: [[UInt8]]) -> JSONValue { .array(list.map { .string(String(decoding: $0, as: UTF8.self)) }) }
        return [
            ("branch", branch.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null),
            ("isPrivate", .bool(isPrivate)), ("includePatterns", texts(include)), ("excludePatterns", texts(exclude)),
            ("keepHistoryDays", keepHistoryDays.map { .count($0) } ?? .null),
            ("fetchesLargeFiles", .bool(fetchesLargeFiles)),
        ]
    }
}

/// The open half of a configuration, in each message that holds one.
protocol WireOpenConfiguration {
    var `private`: Bool { get set }
    var keepHistoryDays: UInt32 { get set }
    var largeFiles: Bool { get set }
}

/// The sealed half.
protocol WireSealedConfiguration {
    var branch: Data { get set }
    var include: [Data] { get set }
    var exclude: [Data] { get set }
}

extension WireRepositoryAdded: WireOpenConfiguration {}
extension WireRepositoryAddedSealed: WireSealedConfiguration {}
extension WireRepositoryReconfigured: WireOpenConfiguration {}
extension WireRepositoryReconfiguredSealed: WireSealedConfiguration {}

extension RepositoryConfiguration {
    init(_ open: some WireOpenConfiguration, _ secret: some WireSealedConfiguration) {
        self.init(
            branch: secret.branch.isEmpty ? nil : secret.branch.array, isPrivate: open.private,
            include: secret.include.map(\.array), exclude: secret.exclude.map(\.array),
            keepHistoryDays: open.keepHistoryDays == 0 ? nil : open.keepHistoryDays,
            fetchesLargeFiles: open.largeFiles)
    }

    func write(_ open: inout some WireOpenConfiguration, _ secret: inout some WireSealedConfiguration) {
        open.private = isPrivate
        open.keepHistoryDays = keepHistoryDays ?? 0
        open.largeFiles = fetchesLargeFiles
        secret.branch = Data(branch ?? [])
        secret.include = include.map { Data($0) }
        secret.exclude = exclude.map { Data($0) }
    }
}
