import Glibc
import Synchronization

/// The objects of one bare repository on disk, next to git, which reads and writes the same files.
final class ObjectStore: Sendable {
    /// The repository's folder.
    let path: String
    private let readers: ReaderPool
    private static let temporaryCount = Atomic(0)

    init(path: String, readers: ReaderPool) {
        (self.path, self.readers) = (path, readers)
    }

    // MARK: Writing

    /// Stores an object unless it is there, and returns its id.
    @discardableResult
    func write(_ kind: ObjectKind, _ content: [UInt8]) throws -> String {
        let object = StoredObject(kind: kind, content: content)
        let id = LooseObject.id(object)
        let name = file(id)
        if access(name, F_OK) == 0 { return id }
        // A reader never sees half an object: it is renamed into place.
        let number = Self.temporaryCount.add(1, ordering: .relaxed).newValue
        let temporary = "\(path)/objects/tmp_obj_\(getpid())_\(number)"
        try Files.write(LooseObject.encoded(object), to: temporary)
        if rename(temporary, name) != 0 {
            guard errno == ENOENT else { throw SimulatorError.system("rename to \(name)") }
            mkdir("\(path)/objects/\(id.prefix(2))", 0o755)
            guard rename(temporary, name) == 0 else { throw SimulatorError.system("rename to \(name)") }
        }
        return id
    }

    // MARK: Reading

    /// nil where there is none.
    func read(_ id: String) throws -> StoredObject? {
        guard Self.isID(id) else { return nil }
        if let bytes = try Files.read(file(id)), let object = LooseObject.decoded(bytes) { return object }
        return try readers.read(id, in: path)
    }

    /// The content of an object of one kind; nil where there is none, or one of another kind.
    func content(_ id: String, of kind: ObjectKind) throws -> [UInt8]? {
        guard let object = try read(id), object.kind == kind else { return nil }
        return object.content
    }

    /// Follows an annotated tag to what it names.
    func peeled(_ id: String) throws -> (id: String, object: StoredObject)? {
        var id = id
        while let object = try read(id) {
            guard object.kind == .tag else { return (id, object) }
            guard let target = CommitObject.fields(object.content).first(where: { $0.name == "object" }) else {
                return nil
            }
            id = target.value
        }
        return nil
    }

    private func file(_ id: String) -> String { "\(path)/objects/\(id.prefix(2))/\(id.dropFirst(2))" }

    static func isID(_ text: String) -> Bool {
        text.utf8.count == 40
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}

/// `git cat-file` processes for what only git can read, a few at a time.
final class ReaderPool: Sendable {
    /// How many are kept; the one used longest ago makes room.
    static let limit = 8

    private let readers = Mutex<[(path: String, reader: ObjectReader)]>([])

    func read(_ id: String, in path: String) throws -> StoredObject? {
        try readers.withLock { readers in
            let reader: ObjectReader
            if let index = readers.firstIndex(where: { $0.path == path }) {
                reader = readers.remove(at: index).reader
            } else {
                if readers.count >= Self.limit { readers.removeFirst() }
                reader = try ObjectReader(path: path)
            }
            // Kept only where it answers: one that has ended is not asked again.
            let object = try reader.read(id)
            readers.append((path, reader))
            return object
        }
    }

    func close() { readers.withLock { $0 = [] } }
}

/// One `git cat-file --batch`; whoever has the pool's lock has it to himself.
final class ObjectReader: Sendable {
    private let child: ChildProcess
    private let pending = Mutex<[UInt8]>([])

    init(path: String) throws {
        child = try ChildProcess(
            arguments: ["-C", path, "cat-file", "--batch"].map { Array($0.utf8) },
            environment: GitCommand.environment(), input: .socket)
    }

    func read(_ id: String) throws -> StoredObject? {
        guard let input = child.input else { return nil }
        try CommandInput(descriptor: input).write("\(id)\n")
        return try pending.withLock { pending in
            // `id SP kind SP size LF content LF`, or `id SP missing LF`.
            var end = pending.firstIndex(of: UInt8(ascii: "\n"))
            while end == nil {
                try more(&pending)
                end = pending.firstIndex(of: UInt8(ascii: "\n"))
            }
            let words = String(decoding: pending[..<(end ?? 0)], as: UTF8.self).split(separator: " ")
            pending.removeSubrange(...(end ?? 0))
            guard words.count == 3, let kind = ObjectKind(rawValue: String(words[1])), let size = Int(words[2]) else {
                return nil
            }
            while pending.count < size + 1 { try more(&pending) }
            let content = Array(pending[..<size])
            pending.removeSubrange(...size)
            return StoredObject(kind: kind, content: content)
        }
    }

    private func more(_ pending: inout [UInt8]) throws {
        guard let bytes = try child.output.readNow(upTo: GitCommand.chunkBytes), !bytes.isEmpty else {
            throw SimulatorError(code: .git, message: "git cat-file ended: \(child.errorText())")
        }
        pending += bytes
    }
}
