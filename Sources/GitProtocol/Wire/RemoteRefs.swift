/// A ref of a server.
public struct RemoteRef: Hashable, Sendable {
    /// Full name (`HEAD`, `refs/heads/main`); what is not UTF-8 shows as U+FFFD.
    public let name: String
    /// The name's bytes.
    public let nameBytes: [UInt8]
    /// What it points at; nil for the branch of an empty repository.
    public let id: ObjectID?
    /// The ref that a symbolic one stands for.
    public let target: String?
    /// What an annotated tag leads to.
    public let peeled: ObjectID?

    /// Reads a line of the answer to `ls-refs`.
    init(parsing line: UnsafeRawBufferPointer) throws(RemoteError) {
        let fields = line.withoutLineEnd.split(separator: UInt8(ascii: " "))
        guard fields.count >= 2 else { throw .malformed("a ref without a name") }
        if fields[0].elementsEqual("unborn".utf8) {
            id = nil
        } else {
            guard let id = ObjectID(hex: fields[0]) else { throw .malformed("a ref without an id") }
            self.id = id
        }
        nameBytes = Array(fields[1])
        name = String(decoding: nameBytes, as: UTF8.self)
        var target: String?
        var peeled: ObjectID?
        for field in fields[2...] {
            let attribute = UnsafeRawBufferPointer(rebasing: field)
            if let value = attribute.dropping("symref-target:") { target = String(decoding: value, as: UTF8.self) }
            if let value = attribute.dropping("peeled:") { peeled = ObjectID(hex: value) }
        }
        self.target = target
        self.peeled = peeled
    }
}

/// The refs of a server that were asked for.
public struct RemoteRefs: Sendable {
    public let refs: [RemoteRef]

    /// The ref of exactly this full name.
    public func ref(_ name: String) -> RemoteRef? {
        refs.first { $0.nameBytes.elementsEqual(name.utf8) }
    }

    /// The branch that HEAD names, without `refs/heads/`; also where it has no commit yet.
    public var defaultBranch: String? {
        guard let target = ref("HEAD")?.target, target.hasPrefix("refs/heads/") else { return nil }
        return String(target.dropFirst("refs/heads/".count))
    }

    /// A branch.
    public func branch(_ name: String) -> RemoteRef? { ref("refs/heads/\(name)") }
}

/// Reads the answer to `ls-refs`.
struct RefsParser {
    private var reader = PacketReader()
    private var refs: [RemoteRef] = []
    private var isComplete = false

    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws {
        // Taken out, because the handler changes the rest of this value.
        var reader = PacketReader()
        swap(&reader, &self.reader)
        defer { swap(&reader, &self.reader) }
        do {
            try reader.feed(bytes) { try take($0) }
        } catch let error as PacketReader.Failure {
            throw RemoteError.malformed(error.words)
        }
    }

    func finish() throws(RemoteError) -> [RemoteRef] {
        guard isComplete else { throw .truncated }
        return refs
    }

    private mutating func take(_ packet: Packet) throws(RemoteError) {
        switch packet {
        case .flush where !isComplete: isComplete = true
        case .data(let line) where !isComplete:
            if let error = line.dropping("ERR ") { throw RemoteError(errorPacket: error) }
            refs.append(try RemoteRef(parsing: line))
        default: throw .malformed("an unexpected packet among the refs")
        }
    }
}
