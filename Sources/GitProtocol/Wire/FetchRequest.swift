/// What to fetch: the arguments of the command `fetch`, always with `done`.
public struct FetchRequest: Hashable, Sendable {
    /// What to leave out of the pack.
    public enum Filter: String, Hashable, Sendable {
        case noBlobs = "blob:none"
    }

    /// Objects to send, with all that they lead to.
    public var wants: [ObjectID]
    /// Commits that are here already.
    public var haves: [ObjectID] = []
    /// Commits that are here without their parents.
    public var shallows: [ObjectID] = []
    /// Length of the history to send; nil for all of it.
    public var depth: Int?
    public var filter: Filter?
    /// Whether deltas may build on what `haves` lead to.
    public var isThin = false

    /// Objects with all that they lead to; works with every server.
    public init(wants: [ObjectID]) {
        self.wants = wants
    }

    /// One commit with its whole tree.
    public static func snapshot(_ commit: ObjectID) -> FetchRequest {
        var request = FetchRequest(wants: [commit])
        request.depth = 1
        return request
    }

    /// One commit with what differs from another that is here whole: a thin pack.
    public static func incremental(from known: ObjectID, to commit: ObjectID) -> FetchRequest {
        var request = snapshot(commit)
        request.haves = [known]
        request.shallows = [known]
        request.isThin = true
        return request
    }

    /// One commit with its trees; the blobs are asked for by id afterwards.
    public static func withoutBlobs(_ commit: ObjectID) -> FetchRequest {
        var request = snapshot(commit)
        request.filter = .noBlobs
        return request
    }

    /// Blobs by their ids, at most `maxWants` a request.
    public static func objects(_ ids: [ObjectID]) -> FetchRequest {
        FetchRequest(wants: ids)
    }

    /// 50 bytes each make a request of 2 MB; web servers in front of Git often stop at 10.
    public static let maxWants = 40_000

    /// The body of the request.
    ///
    /// - Throws: `capabilityMissing` where it needs what the server does not offer.
    func body(_ capabilities: Capabilities) throws(RemoteError) -> [UInt8] {
        precondition(!wants.isEmpty && wants.count <= Self.maxWants, "a fetch wants 1 to \(Self.maxWants) objects")
        guard capabilities.hasShallow || depth == nil && shallows.isEmpty else {
            throw RemoteError(.capabilityMissing, "the server does not offer shallow fetches")
        }
        guard capabilities.hasFilter || filter == nil else {
            throw RemoteError(.capabilityMissing, "the server does not offer partial fetches")
        }
        var writer = PacketWriter()
        writer.line("command=fetch")
        for line in capabilities.requestLines { writer.line(line) }
        writer.delimiter()
        if isThin { writer.line("thin-pack") }
        writer.line("no-progress")
        writer.line("ofs-delta")
        for id in shallows { writer.line("shallow \(id.hex)") }
        if let depth { writer.line("deepen \(depth)") }
        if let filter { writer.line("filter \(filter.rawValue)") }
        for id in wants { writer.line("want \(id.hex)") }
        for id in haves { writer.line("have \(id.hex)") }
        writer.line("done")
        writer.flush()
        return writer.bytes
    }
}
