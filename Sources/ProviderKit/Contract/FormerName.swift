public import Events

/// A source whose name another one has now is kept under that name and its own number: `github:owner/name#4711`. The sign
/// stands in no name that a provider takes, so nobody adds such a locator.
extension Locator {
    /// The locator under which the source with that number is kept once another one has its name.
    public func former(_ externalID: UInt64) -> Locator {
        Locator(provider: provider, source: source + Array("#\(externalID)".utf8))
    }

    /// The name that it had; itself where it has its name still.
    public var withoutNumber: Locator {
        guard let sign = source.lastIndex(of: UInt8(ascii: "#")), sign + 1 < source.count,
            source[(sign + 1)...].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return self }
        return Locator(provider: provider, source: Array(source[..<sign]))
    }
}
