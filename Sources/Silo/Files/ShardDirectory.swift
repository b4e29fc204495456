import Events
import Glibc

/// The directory of the shards. A shard's file is named after its id: 16 hex digits and `.open` while it grows,
/// `.shard` once it is sealed.
struct ShardDirectory: Sendable {
    let path: String
    /// Of the shards in it that are encrypted.
    var keys: (any ContentKeys)?

    /// A shard's file as the directory lists it.
    struct Entry: Sendable, Equatable {
        var id: ShardID
        var isSealed: Bool
    }

    func path(of id: ShardID, isSealed: Bool) -> String {
        let digits = String(id.rawValue, radix: 16)
        return "\(path)/\(String(repeating: "0", count: 16 - digits.count))\(digits).\(isSealed ? "shard" : "open")"
    }

    /// The directory, made where it is missing (its parent has to be there).
    static func create(_ path: String, _ disk: Disk) throws(SiloError) -> ShardDirectory {
        if mkdir(path, 0o700) == 0 {
            // Its name has to be as durable as what will be in it.
            try ShardDirectory(path: "\(path)/..").sync(disk)
        } else if errno != EEXIST {
            throw SiloError(errno, while: "making the directory \(path)")
        }
        return ShardDirectory(path: path)
    }

    /// The file of a shard that is being written by a rewriting, until it is sealed. A crash leaves it, and it means nothing.
    func unfinishedPath(of id: ShardID) -> String { path(of: id, isSealed: false) + Self.unfinishedSuffix }

    private static let unfinishedSuffix = ".unfinished"

    /// Deletes what a crash left of rewritings.
    func removeUnfinished() throws(SiloError) {
        for name in try names() where name.hasSuffix(Self.unfinishedSuffix) {
            guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else {
                throw SiloError(errno, while: "removing \(path)/\(name)")
            }
        }
    }

    /// Deletes the files of sealed shards, as far as they are there.
    func remove(_ shards: [ShardID], _ disk: Disk) throws(SiloError) {
        for id in shards {
            let path = path(of: id, isSealed: true)
            guard unlink(path) == 0 || errno == ENOENT else {
                throw SiloError(errno, while: "removing \(path)", shard: id)
            }
        }
        try sync(disk)
    }

    /// All shards, in the order of their ids. Files with other names are none of ours.
    func list() throws(SiloError) -> [Entry] {
        try names().compactMap(Self.parse).sorted { $0.id < $1.id }
    }

    private func names() throws(SiloError) -> [String] {
        guard let stream = opendir(path) else { throw SiloError(errno, while: "listing \(path)") }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let next = readdir(stream) else {
                if errno != 0 { throw SiloError(errno, while: "listing \(path)") }
                return names
            }
            names.append(
                withUnsafePointer(to: &next.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
    }

    private static func parse(_ name: String) -> Entry? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 16, let id = UInt64(parts[0], radix: 16) else { return nil }
        switch parts[1] {
        case "open": return Entry(id: ShardID(rawValue: id), isSealed: false)
        case "shard": return Entry(id: ShardID(rawValue: id), isSealed: true)
        default: return nil
        }
    }

    /// Makes the names in the directory durable.
    func sync(_ disk: Disk) throws(SiloError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SiloError(errno, while: "opening \(path)") }
        defer { Glibc.close(descriptor) }
        guard disk.sync(descriptor) == 0 else { throw SiloError(errno, while: "fsync of \(path)") }
    }
}
