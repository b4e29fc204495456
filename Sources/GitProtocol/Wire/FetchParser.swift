/// What came with a pack.
public struct FetchResult: Hashable, Sendable {
    /// Commits that were sent without their parents.
    public internal(set) var shallow: [ObjectID] = []
    /// Commits that are no longer shallow.
    public internal(set) var unshallow: [ObjectID] = []
}

/// Reads the answer to `fetch`: sections of packets (gitprotocol-v2), the last of which is the pack in sideband 1.
struct FetchParser {
    private enum State {
        case sectionName
        case section(String)
        case pack
        case complete
    }

    private var reader = PacketReader()
    private var state = State.sectionName
    private var result = FetchResult()

    /// - Parameter pack: is given the pack's bytes.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, pack: (UnsafeRawBufferPointer) throws -> Void) throws {
        // Taken out, because the handler changes the rest of this value.
        var reader = PacketReader()
        swap(&reader, &self.reader)
        defer { swap(&reader, &self.reader) }
        do {
            try reader.feed(bytes) { try take($0, pack) }
        } catch let error as PacketReader.Failure {
            throw RemoteError.malformed(error.words)
        }
    }

    func finish() throws(RemoteError) -> FetchResult {
        guard case .complete = state else { throw .truncated }
        return result
    }

    private mutating func take(_ packet: Packet, _ pack: (UnsafeRawBufferPointer) throws -> Void) throws {
        if case .data(let bytes) = packet, let error = bytes.dropping("ERR ") { throw RemoteError(errorPacket: error) }
        switch (state, packet) {
        case (.sectionName, .data(let bytes)):
            let name = String(decoding: bytes.withoutLineEnd, as: UTF8.self)
            state = name == "packfile" ? .pack : .section(name)
        case (.section(let name), .data(let bytes)):
            if name == "shallow-info" { try takeShallow(bytes.withoutLineEnd) }
        case (.section, .delimiter):
            state = .sectionName
        case (.pack, .data(let bytes)):
            try takeSideband(bytes, pack)
        case (.pack, .flush):
            state = .complete
        case (.section, .flush):
            throw RemoteError.malformed("the answer holds no pack")
        default:
            throw RemoteError.malformed("an unexpected packet in the answer to a fetch")
        }
    }

    private mutating func takeShallow(_ line: UnsafeRawBufferPointer) throws {
        if let hex = line.dropping("shallow "), let id = ObjectID(hex: hex) {
            result.shallow.append(id)
        } else if let hex = line.dropping("unshallow "), let id = ObjectID(hex: hex) {
            result.unshallow.append(id)
        } else {
            throw RemoteError.malformed("a shallow line without an id")
        }
    }

    private func takeSideband(_ bytes: UnsafeRawBufferPointer, _ pack: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let band = bytes.first else { throw RemoteError.malformed("a packet without a sideband") }
        let payload = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        switch band {
        // An empty packet keeps the connection alive.
        case 1: if !payload.isEmpty { try pack(payload) }
        case 2: break
        case 3:
            throw RemoteError(
                .remoteFailed, "the server failed while sending: \(payload.withoutLineEnd.words)", .transient)
        default: throw RemoteError.malformed("sideband \(band) is not known")
        }
    }
}
