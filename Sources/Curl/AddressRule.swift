/// Where a request may go. It is the address that counts to which a connection is really opened, after each redirect too: a name
/// that has another address a moment later is no way around it.
public enum AddressRule: Sendable, Equatable {
    /// Anywhere.
    case any
    /// To the public network alone, and to these hosts (in lower case) wherever they are: those that whoever runs the program has
    /// named.
    case publicOnly(besides: Set<String>)

    /// Whether a connection may be opened for a URL.
    ///
    /// - Parameter address: nil where it is none of the Internet Protocol.
    func allows(_ address: NetworkAddress?, for url: HTTPURL?) -> Bool {
        switch self {
        case .any: true
        case .publicOnly(let hosts):
            address?.isPublic ?? false || url.map { hosts.contains($0.host.lowercased()) } ?? false
        }
    }

    /// What is known before anything is resolved: a host that is an address by itself. Behind a proxy nothing else is.
    func allows(_ url: HTTPURL) -> Bool {
        let host = url.host.drop { $0 == "[" }.prefix { $0 != "]" && $0 != "%" }
        guard let address = NetworkAddress(String(host)) else { return true }
        return allows(address, for: url)
    }
}
