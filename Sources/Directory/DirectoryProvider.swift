public import Events
public import ProviderKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The provider of `dir:PATH`: a folder and what is below it, as Git would see it. For imports, and to measure
/// deduplication on anybody's own files. It has no commits; the hash of its tree stands for one.
public struct DirectoryProvider: Provider {
    public init() {}

    public let name = "dir"
    public let capabilities: ProviderCapabilities = [.listsIdentifiers, .local]

    public func normalize(_ locator: Locator) throws -> Locator {
        guard let resolved = realpath(locator.path, nil) else {
            throw ProviderError.permanent(
                .notFound, "there is no directory \(Self.shown(locator)): \(String(cString: strerror(errno)))")
        }
        defer { free(resolved) }
        let path = UnsafeBufferPointer(start: resolved, count: strlen(resolved)).map { UInt8(bitPattern: $0) }
        return Locator(provider: name, source: path)
    }

    public func session(with source: Source) throws -> any ProviderSession {
        DirectorySession(source: source)
    }

    static func shown(_ locator: Locator) -> String { String(decoding: locator.source, as: UTF8.self) }
}

extension Locator {
    /// The path with a NUL at its end, as C wants it.
    fileprivate var path: [CChar] { source.map { CChar(bitPattern: $0) } + [0] }
}
