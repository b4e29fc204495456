public import Events
import LMDB
import Projections

/// An index of the log.
public enum LogIndex: Sendable, Hashable {
    case repository(RepositoryID)
    case kind(EventKind)
    case tenant(TenantID)
    /// A story: the events whose correlation that event is, itself included.
    case correlation(LogPosition)

    var table: Table {
        switch self {
        case .repository: .byRepository
        case .kind: .byKind
        case .tenant: .byTenant
        case .correlation: .byCorrelation
        }
    }

    /// What keys begin with; the position follows.
    var prefix: [UInt8] {
        var prefix: [UInt8] = []
        switch self {
        case .repository(let id): prefix.append(bigEndian: id.rawValue)
        case .kind(let kind): prefix.append(bigEndian: kind.rawValue)
        case .tenant(let id): prefix.append(bigEndian: id.rawValue)
        case .correlation(let position): prefix.append(bigEndian: position.rawValue)
        }
        return prefix
    }
}

extension StateView {
    /// The positions that the index has, from `start` through `end`, until `body` says false.
    public func forEachPosition(
        _ index: LogIndex, from start: LogPosition? = nil, through end: LogPosition? = nil, descending: Bool = false,
        _ body: (LogPosition) throws -> Bool
    ) throws {
        let prefix = index.prefix
        let low = start?.rawValue ?? 0
        let high = end?.rawValue ?? .max
        guard low <= high else { return }
        var cursor = try transaction.cursor(tables[index.table])
        var entry = try cursor.seek(prefix + Self.key(descending ? high : low))
        if descending {
            if let found = entry {
                let isBeyond = !found.hasPrefix(prefix) || Self.position(found.key) > high
                if isBeyond { entry = try cursor.previous() }
            } else {
                entry = try cursor.last()
            }
        }
        while let found = entry, found.hasPrefix(prefix) {
            let position = Self.position(found.key)
            guard position >= low, position <= high, try body(LogPosition(position)) else { return }
            entry = descending ? try cursor.previous() : try cursor.next()
        }
    }

    private static func position(_ key: RawSpan) -> UInt64 {
        guard key.byteCount >= 8 else { return 0 }
        return UInt64(bigEndian: key.unsafeLoadUnaligned(fromByteOffset: key.byteCount - 8, as: UInt64.self))
    }
}
