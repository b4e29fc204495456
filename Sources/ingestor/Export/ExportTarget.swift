import Events

/// Where a tree is exported to. Entries come in the order of their paths, symbolic links last of all.
protocol ExportTarget: ~Copyable {
    /// A file of `size` bytes. `produce` calls its argument with them, piece by piece.
    mutating func file(
        _ path: ExportPath, isExecutable: Bool, size: UInt64,
        _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws
    /// A symbolic link; where it points to is never looked at.
    mutating func symlink(_ path: ExportPath, to target: [UInt8]) throws
    /// The place of a submodule.
    mutating func directory(_ path: ExportPath) throws
    /// Everything is there.
    mutating func finish() throws
}

/// A path that was checked.
struct ExportPath: Sendable {
    let bytes: [UInt8]
    let names: [[UInt8]]

    /// - Throws: ``CommandError`` for what might be written outside the target, or does not belong into a work tree.
    init(_ path: [UInt8]) throws(CommandError) {
        switch SafePath.names(path) {
        case .success(let names):
            bytes = path
            self.names = names
        case .failure(let refusal):
            throw CommandError(
                "nothing was exported: the path \(Printable.text(path)) \(refusal.reason). Leave it out with `ingestor repo set --exclude`, sync, "
                    + "and export again; `ingestor cat` still prints its content")
        }
    }
}
