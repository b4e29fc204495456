import Events
import Glibc

/// The directory of the shards. A shard's file is named after its id: 16 hex digits and `.open` while it grows,
/// `.shard` once it is sealed.
struct ShardDirectory: Sendable {
    let path: String

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

    /// All shards, in the order of their ids. Files with other names are none of ours.
    func list() throws(SiloError) -> [Entry] {
        guard let stream = opendir(path) else { throw SiloError(errno, while: "listing \(path)") }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while true {
            errno = 0
            guard let next = readdir(stream) else {
                if errno != 0 { throw SiloError(errno, while: "listing \(path)") }
                return entries.sorted { $0.id < $1.id }
            }
            let name = withUnsafePointer(to: &next.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let entry = Self.parse(name) { entries.append(entry) }
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
