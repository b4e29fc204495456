import Glibc

/// The file system on which the data directory lies, or will.
struct DiskCheck {
    let path: String

    /// Below it a warning. A first sync of something large takes gigabytes.
    static let wantedFreeBytes: UInt64 = 2 << 30
    static let syncCount = 8
    /// No device writes faster than this: whoever says so has only promised to.
    static let implausibleSeconds = 5e-6
    /// A webhook waits for one fsync: beyond this they pile up.
    static let slowSeconds = 0.05

    /// Those on which LMDB's locks or its map do not hold what they promise.
    private static let remote: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "lustre", "afs", "fuse.sshfs", "fuse.s3fs",
        "virtiofs",
    ]
    private static let fleeting: Set<String> = ["tmpfs", "ramfs", "overlay", "aufs"]

    func findings() -> [Finding] {
        do {
            return [try kind(), try room(), try durability()].compactMap(\.self)
        } catch {
            return [
                .wrong(
                    .data, "\(path) cannot be written to: \(error)", advice: "give it to the user that runs ingestor")
            ]
        }
    }

    private func kind() throws -> Finding {
        let name = try MountTable.fileSystem(of: path)
        if Self.remote.contains(name) {
            return .wrong(
                .data, "\(path) lies on \(name)",
                advice:
                    "move it to a local disk (ext4, xfs, btrfs, zfs): memory maps and locks do not hold over a network")
        }
        if Self.fleeting.contains(name) {
            return .warning(
                .data, "\(path) lies on \(name)",
                advice: "what is there is lost with the machine or the container: keep it on a disk, or a volume")
        }
        return .ok(.data, "\(path) lies on a local disk (\(name))")
    }

    private func room() throws(SystemError) -> Finding {
        let free = try FileSystem.freeBytes(path)
        let text = "\(Units.bytes(free)) are free"
        if free < Readiness.minimumFreeBytes { return .wrong(.data, text, advice: "make room: nothing can be stored") }
        return free < Self.wantedFreeBytes
            ? .warning(.data, text, advice: "make room before it is full: then webhooks are refused") : .ok(.data, text)
    }

    /// Writes a page and waits for it, a few times.
    private func durability() throws -> Finding {
        let folder = try FileSystem.makeTemporaryDirectory(in: path, prefix: ".doctor")
        var times: [Double] = []
        do {
            let name = folder + "/page"
            let file = try FileDescriptor(open: name, O_WRONLY | O_CREAT)
            let page = [UInt8](repeating: 1, count: 4096)
            for _ in 0..<Self.syncCount {
                try page.withUnsafeBytes { try file.write($0, path: name) }
                let began = ContinuousClock.now
                try file.synchronize(path: name)
                times.append((ContinuousClock.now - began) / .seconds(1))
            }
        } catch {
            try FileSystem.removeTree(folder)
            throw error
        }
        try FileSystem.removeTree(folder)
        let median = times.sorted()[times.count / 2]
        let text = "an fsync takes \(Units.fixed(median * 1000, 2)) ms"
        if median < Self.implausibleSeconds {
            return .warning(
                .data, text + ", which no device does",
                advice: "fsync is not honoured here: after a loss of power acknowledged webhooks may be gone")
        }
        return median > Self.slowSeconds
            ? .warning(.data, text, advice: "each webhook waits for one: a faster disk takes more of them in")
            : .ok(.data, text)
    }
}
