import CCurl

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An address of the Internet Protocol, and whether it is one that anybody's server may have.
struct NetworkAddress: Equatable {
    /// Four bytes or sixteen, in the order of the network.
    let bytes: [UInt8]

    /// - Returns: nil for an address of another kind.
    init?(_ address: UnsafeRawPointer, family: Int32, length: Int) {
        switch family {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            let address = address.loadUnaligned(as: sockaddr_in.self)
            bytes = withUnsafeBytes(of: address.sin_addr) { Array($0) }
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            let address = address.loadUnaligned(as: sockaddr_in6.self)
            bytes = withUnsafeBytes(of: address.sin6_addr) { Array($0) }
        default: return nil
        }
    }

    /// As text has it: `192.0.2.1`, `2001:db8::1`.
    init?(_ text: String) {
        var four = in_addr()
        var sixteen = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
            bytes = withUnsafeBytes(of: sixteen) { Array($0) }
        } else {
            return nil
        }
    }

    /// Whether it lies in the public network. Everything that the IANA registries of special-purpose addresses (RFC 6890 and
    /// what came after) do not call globally reachable does not: one's own machine and network, links, groups, documentation,
    /// and the places where clouds answer what a machine may know (169.254.169.254 and fd00:ec2::254 lie in these ranges).
    var isPublic: Bool { bytes.count == 4 ? Self.isPublicFour(bytes[...]) : isPublicSixteen }

    private static func isPublicFour(_ bytes: ArraySlice<UInt8>) -> Bool {
        let value = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return !specialFour.contains { value >> (32 - $0.length) == $0.start >> (32 - $0.length) }
    }

    private static let specialFour: [(start: UInt32, length: UInt32)] = [
        (0x0000_0000, 8),  // this network
        (0x0a00_0000, 8),  // private
        (0x6440_0000, 10),  // shared behind carriers; Alibaba's 100.100.100.200
        (0x7f00_0000, 8),  // loopback
        (0xa83f_8110, 32),  // 168.63.129.16: Azure's own, in its public range
        (0xa9fe_0000, 16),  // link
        (0xac10_0000, 12),  // private
        (0xc000_0000, 24),  // protocol assignments; Oracle's 192.0.0.192
        (0xc000_0200, 24),  // documentation
        (0xc058_6300, 24),  // relays of 6to4
        (0xc0a8_0000, 16),  // private
        (0xc612_0000, 15),  // benchmarks
        (0xc633_6400, 24),  // documentation
        (0xcb00_7100, 24),  // documentation
        (0xe000_0000, 3),  // groups, reserved, broadcast
    ]

    private var isPublicSixteen: Bool {
        // What stands for an address of four bytes is as good as that.
        if starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) || starts(with: [0, 0x64, 0xff, 0x9b] + zeros(8)) {
            return Self.isPublicFour(bytes[12...])
        }
        if starts(with: [0x20, 0x02]) { return Self.isPublicFour(bytes[2..<6]) }
        // Global unicast, but for what is set apart in it: protocol assignments with Teredo (2001::/23), documentation.
        guard bytes[0] & 0xe0 == 0x20 else { return false }
        let isAssignment = starts(with: [0x20, 0x01]) && bytes[2] & 0xfe == 0
        let isDocumentation =
            starts(with: [0x20, 0x01, 0x0d, 0xb8]) || starts(with: [0x3f, 0xff]) && bytes[2] & 0xf0 == 0
        return !isAssignment && !isDocumentation
    }

    private func starts(with prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}

extension HTTPURL {
    /// Whether every address that the host has just now lies in the public network. Asks the resolver, and waits for it; false
    /// where the host has none.
    public func liesInPublicNetwork() -> Bool {
        let name = host.filter { $0 != "[" && $0 != "]" }
        if let address = NetworkAddress(name) { return address.isPublic }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &first) == 0 else { return false }
        defer { freeaddrinfo(first) }
        var addresses: [NetworkAddress?] = []
        var next = first
        while let entry = next?.pointee {
            addresses.append(
                entry.ai_addr.flatMap {
                    NetworkAddress($0, family: entry.ai_family, length: Int(entry.ai_addrlen))
                })
            next = entry.ai_next
        }
        return !addresses.isEmpty && addresses.allSatisfy { $0?.isPublic ?? false }
    }
}
