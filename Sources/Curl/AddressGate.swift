import CCurl

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Opens libcurl's sockets during one request, or does not. A connection that is open is not asked for again: the handle that
/// keeps it has one rule.
final class AddressGate {
    /// The last host whose address was refused. One that has others may still be reached.
    private(set) var refusedHost: String?
    private let rule: AddressRule
    private let handle: UnsafeMutableRawPointer

    init(_ rule: AddressRule, _ handle: UnsafeMutableRawPointer) {
        self.rule = rule
        self.handle = handle
    }

    /// Registers the callback. The handle must be reset before this object goes.
    func attach() {
        guard rule != .any else { return }
        ccurl_set_pointer(handle, CURLOPT_OPENSOCKETDATA, Unmanaged.passUnretained(self).toOpaque())
        ccurl_set_socket_callback(handle) { context, _, address in
            guard let context, let address else { return -1 }
            return Unmanaged<AddressGate>.fromOpaque(context).takeUnretainedValue().open(address)
        }
    }

    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let wanted = address.pointee
        let network = ccurl_address(address).flatMap {
            NetworkAddress($0, family: wanted.family, length: Int(wanted.addrlen))
        }
        let url = url()
        guard rule.allows(network, for: url) else {
            refusedHost = url?.host ?? "the host"
            return -1
        }
        return socket(wanted.family, wanted.socktype | Int32(SOCK_CLOEXEC.rawValue), wanted.`protocol`)
    }

    /// What is being asked for now: after a redirect the new place.
    private func url() -> HTTPURL? {
        var text: UnsafeMutablePointer<CChar>?
        guard ccurl_get_string(handle, CURLINFO_EFFECTIVE_URL, &text) == CURLE_OK, let text else { return nil }
        // One that cannot be read is none of those that were named.
        return try? HTTPURL(String(cString: text))
    }
}
