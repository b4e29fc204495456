import Events
import LMDB

/// Says in a directory what is being built there, until it is done: who is interrupted goes on with the runs that are whole.
struct UnfinishedBuild {
    private let bytes: [UInt8]
    private let isResumable: Bool

    static let fileName = "unfinished"
    private static let layout: UInt8 = 1
    private static let maximumByteCount = 1 << 20
    private static let runPrefix = "run-"
    private static let environment = ["data.mdb", "lock.mdb"]

    init(_ description: StateDescription, _ marks: [UInt64], _ options: StateOptions) {
        isResumable = options.isResumable
        var bytes = [Self.layout]
        bytes.append(bigEndian: description.count)
        bytes += description.root
        bytes.append(string: description.signature)
        // Runs are not waited for to be on the device: after another start of the machine they may be wrong.
        bytes.append(string: description.bootID)
        bytes.append(bigEndian: UInt64(marks.count))
        for mark in marks { bytes.append(bigEndian: mark) }
        self.bytes = bytes
    }

    /// Clears away what cannot be used of an earlier attempt.
    ///
    /// - Returns: the runs that can.
    func begin(in directory: String) throws -> [SpillRun] {
        guard isResumable else { return [] }
        let path = "\(directory)/\(Self.fileName)"
        var runs: [SpillRun] = []
        if try Directories.isThere(path) {
            let isSame = try FileCopy.contents(of: path, limit: Self.maximumByteCount) == bytes
            // Tables are written again from their beginning.
            for name in Self.environment { try Directories.remove("\(directory)/\(name)") }
            for name in try Directories.names(in: directory).sorted() where name.hasPrefix(Self.runPrefix) {
                if isSame, !name.hasPrefix(SpillRun.temporaryPrefix) {
                    runs.append(try SpillRun.open("\(directory)/\(name)"))
                } else {
                    try Directories.remove("\(directory)/\(name)")
                }
            }
            guard !isSame else { return runs }
            try Directories.remove(path)
        }
        try FileCopy.create(path, holding: bytes)
        return runs
    }

    /// It is done: what was only needed on the way goes.
    static func end(in directory: String) throws {
        try Directories.remove("\(directory)/\(fileName)")
        for name in try Directories.names(in: directory) where name.hasPrefix(runPrefix) {
            try Directories.remove("\(directory)/\(name)")
        }
    }
}
