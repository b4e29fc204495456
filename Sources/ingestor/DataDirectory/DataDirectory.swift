import Glibc

/// Where everything lies below `--data`.
struct DataDirectory: Sendable {
    let path: String

    var formatFile: String { path + "/FORMAT" }
    var log: String { path + "/log" }
    var state: String { path + "/state" }
    var projections: String { state + "/projections" }
    /// Copies of the projections, from which they begin anew where they cannot be trusted.
    var snapshots: String { state + "/snapshots" }
    var locations: String { state + "/locations" }
    /// What providers keep of their sources, to read them cheaper the next time.
    var sources: String { state + "/sources" }
    var silo: String { path + "/silo" }
    var keys: String { path + "/keys" }
    var masterKey: String { keys + "/master.key" }
    /// The key that takes the master key's place when everything is sealed with it.
    var newMasterKey: String { keys + "/master.key.new" }
    /// The secrets of credentials, sealed with the master key.
    var credentials: String { keys + "/credentials" }
    /// The keys of tenants, sealed with the master key.
    var tenantKeys: String { keys + "/tenants" }
    var spool: String { path + "/spool" }
    var lockFile: String { path + "/writer.lock" }
    var socketName: String { "control.sock" }

    /// What this version writes, and the only thing it reads.
    static let format = "ingestor 1"

    private static let ownNames: Set<String> = [
        "FORMAT", "FORMAT.new", "log", "state", "silo", "keys", "spool", "writer.lock", "control.sock",
    ]

    /// Whether there is a data directory of a format that this version reads.
    ///
    /// - Throws: ``CommandError`` that names the way out where there is none, or one of another format.
    func check() throws {
        switch try FileSystem.kind(formatFile) {
        case .missing:
            let isThere = try FileSystem.kind(path) != .missing
            throw CommandError(
                "\(path) is \(isThere ? "not a data directory" : "not there"): make one with `ingestor init --data \(path)`, "
                    + "or name another one with --data or INGESTOR_DATA")
        case .file: break
        default: throw CommandError("\(formatFile) is not a file: this is not a data directory of ingestor")
        }
        let found = String(decoding: try FileSystem.read(formatFile, limit: 4096), as: UTF8.self)
        let line = found.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        guard line == Self.format else {
            throw CommandError(
                "\(formatFile) says \"\(Printable.text(line))\", and this version reads \"\(Self.format)\" alone. "
                    + "Nothing was touched. Open it with the version of ingestor that wrote it, or a newer one, whose "
                    + "`ingestor upgrade --data \(path)` converts it where a conversion is needed")
        }
    }

    /// Makes what is missing, the format file last, so that a half-made directory is never taken for a whole one.
    ///
    /// - Returns: whether it was new.
    func create(masterKeyIsConfigured: Bool) throws -> Bool {
        if try FileSystem.kind(formatFile) != .missing {
            try check()
            return false
        }
        if try FileSystem.kind(path) != .missing {
            let foreign = try FileSystem.names(in: path).map { String(decoding: $0, as: UTF8.self) }
                .filter { !Self.ownNames.contains($0) }
            if let name = foreign.first {
                throw CommandError(
                    "\(path) is not empty (\(Printable.text(name))): choose a directory that is empty or not there yet")
            }
        }
        for directory in [path, log, state, silo, keys, spool] { try FileSystem.makeDirectory(directory) }
        guard chmod(path, 0o700) == 0 else { throw SystemError("chmod", path) }
        if !masterKeyIsConfigured, try FileSystem.kind(masterKey) == .missing { try MasterKey.generate(at: masterKey) }
        try FileSystem.writeDurably(Array((Self.format + "\n").utf8), to: formatFile)
        return true
    }
}
