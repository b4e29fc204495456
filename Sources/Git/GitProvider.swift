import Curl
public import Events
public import ProviderKit

/// The provider of `git:URL`: any server that speaks Git's smart HTTP protocol, version 2.
public struct GitProvider: Provider {
    private let settings: GitSettings

    public init(settings: GitSettings) { self.settings = settings }

    public static let providerName = "git"
    public let name = GitProvider.providerName
    public let capabilities: ProviderCapabilities = [.incremental, .listsIdentifiers]

    public func normalize(_ locator: Locator) throws -> Locator {
        let url = String(decoding: locator.source, as: UTF8.self)
        guard url.utf8.elementsEqual(locator.source),
            url.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f })
        else {
            throw ProviderError.permanent(.invalidLocator, "the URL of a git: source has to be text without spaces")
        }
        guard let scheme = url.range(of: "://"), ["http", "https"].contains(url[..<scheme.lowerBound].lowercased())
        else {
            throw ProviderError.permanent(
                .invalidLocator, "a git: source is an http or https URL, such as git:https://example.org/project.git")
        }
        let rest = url[scheme.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard !rest[..<slash].contains("@") else {
            throw ProviderError.permanent(
                .invalidLocator, "a locator holds no password, since it is shown and logged: take it out of the URL")
        }
        guard slash > rest.startIndex, !rest.contains("?"), !rest.contains("#") else {
            throw ProviderError.permanent(.invalidLocator, "the URL of a git: source has a host and no ? or #")
        }
        // Scheme and host ignore case; one slash at the end means the same as none.
        var path = rest[slash...]
        while path.last == "/" { path = path.dropLast() }
        let normal = url[..<scheme.lowerBound].lowercased() + "://" + rest[..<slash].lowercased() + path
        return Locator(provider: name, source: Array(normal.utf8))
    }

    public func session(with source: Source) throws -> any ProviderSession {
        var settings = settings
        settings.allowsPrivateAddresses = settings.allowsPrivateAddresses ?? !source.publicAddressesOnly
        return GitSession(source: source, settings: settings)
    }

    /// Whether the server of a locator lies in the public network, as names are just now. Waits for the resolver.
    ///
    /// - Throws: `ProviderError` for what is no locator of a Git server, `CurlError` for a URL that cannot be read.
    public func liesInPublicNetwork(_ locator: Locator) throws -> Bool {
        try HTTPURL(String(decoding: normalize(locator).source, as: UTF8.self)).liesInPublicNetwork()
    }
}

/// How servers are talked to.
public struct GitSettings: Sendable {
    /// A file of certificates to trust instead of the system's.
    public var certificateFile: String?
    /// A proxy's URL.
    public var proxy: String?
    /// Whether sources may lie outside of the public network; nil: those that are not marked (`Source.publicAddressesOnly`).
    public var allowsPrivateAddresses: Bool? = false
    /// Hosts, in lower case, that whoever runs the program has named: they may lie anywhere.
    package var ownHosts: Set<String> = []
    /// The present moment, for servers that say how many seconds to wait.
    public var now: @Sendable () -> Timestamp

    public init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    var addresses: AddressRule { allowsPrivateAddresses ?? false ? .any : .publicOnly(besides: ownHosts) }
}

extension String {
    /// Where `text` begins and ends; FoundationEssentials is not needed for that.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
