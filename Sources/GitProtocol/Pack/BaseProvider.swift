/// Where the bases come from that a thin pack leaves out. Asked from the thread that reads the pack.
public protocol BaseProvider: Sendable {
    /// The object, or nil where it is not known. Its hash is checked by the caller.
    func base(_ id: ObjectID) throws -> RawObject?
}

/// A whole object.
public struct RawObject: Hashable, Sendable {
    public let kind: ObjectKind
    public let content: [UInt8]

    public init(kind: ObjectKind, content: [UInt8]) {
        self.kind = kind
        self.content = content
    }
}

/// The provider for packs that are complete in themselves: it knows nothing.
public struct NoBases: BaseProvider {
    public init() {}

    public func base(_ id: ObjectID) -> RawObject? { nil }
}
