import Foundation
import Testing

@testable import Curl

@Suite(.serialized)
struct AddressTests {
    @Test(
        "addresses outside of the public network",
        arguments: [
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
            "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1",
            "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255",
            "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.1.2.3",
            "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:db8::1",
            "2002:7f00:1::", "2002:c0a8:101::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
            "febf::1", "fec0::1", "ff02::1", "ff0e::1",
        ])
    func special(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(!address.isPublic)
    }

    @Test(
        "addresses of the public network, up to their neighbours",
        arguments: [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
            "128.0.0.0", "140.82.121.3", "168.63.129.15", "169.253.255.255", "169.255.0.0", "172.15.255.255",
            "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
            "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:200::1", "2001:4860:4860::8888",
            "2002:808:808::1", "2606:50c0:8000::153", "2a00:1450::1", "3ffe::1",
        ])
    func ordinary(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(address.isPublic)
    }

    @Test(
        "what is no address is none", arguments: ["", "example.org", "1.2.3", "1.2.3.4.5", "::g", "[::1]", "01.2.3.4x"])
    func other(text: String) { #expect(NetworkAddress(text) == nil) }

    private static func settings(_ rule: AddressRule) -> CurlSettings {
        var settings = CurlSettings()
        settings.connectTimeoutSeconds = 5
        settings.totalTimeoutSeconds = 10
        settings.addresses = rule
        return settings
    }

    /// The code of the error that a GET ends in; nil where it is answered.
    private static func refusal(_ url: String, _ rule: AddressRule, proxy: String? = nil) throws -> CurlError.Code? {
        var settings = settings(rule)
        settings.proxy = proxy
        var handle = try CurlHandle(settings)
        var request = CurlRequest(.get, try HTTPURL(url))
        request.followsRedirects = true
        request.credentials = BasicCredentials(user: "u", password: "a secret")
        do {
            _ = try handle.perform(request) { _, _ in }
            return nil
        } catch let error as CurlError {
            return error.code
        }
    }

    private static let publicOnly = AddressRule.publicOnly(besides: [])

    /// However the host is written: libcurl reads numbers and short forms as the C library does.
    @Test("loopback is not reached, however it is written, and nothing is sent there")
    func loopback() throws {
        let server = try ScriptedServer { _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")] }
        defer { server.stop() }
        for host in [
            "127.0.0.1", "localhost", "LOCALHOST", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0",
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "[::1]",
        ] {
            let url = "http://\(host):\(server.port)/"
            #expect(try Self.refusal(url, Self.publicOnly) == .refusedAddress, "\(host)")
        }
        #expect(server.connections == 0)
        #expect(try Self.refusal(server.url, .any) == nil)
        #expect(try Self.refusal(server.url, .publicOnly(besides: ["127.0.0.1"])) == nil)
        #expect(try Self.refusal("http://LOCALHOST:\(server.port)/", .publicOnly(besides: ["localhost"])) == nil)
        #expect(server.connections == 3)
    }

    @Test("a redirect does not lead from a host that was named to one that was not")
    func redirect() throws {
        let inner = try ScriptedServer { _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")] }
        defer { inner.stop() }
        // Another name of the same machine, as one that a hostile server's redirect would give.
        for target in ["http://127.0.0.1:\(inner.port)/", "http://[::ffff:127.0.0.1]:\(inner.port)/", "http://0/"] {
            let outer = try ScriptedServer { _ in
                [.send("HTTP/1.1 302 Found\r\nLocation: \(target)\r\nContent-Length: 0\r\n\r\n")]
            }
            defer { outer.stop() }
            let rule = AddressRule.publicOnly(besides: ["localhost"])
            #expect(try Self.refusal("http://localhost:\(outer.port)/", rule) == .refusedAddress, "\(target)")
            #expect(outer.connections == 1)
        }
        #expect(inner.connections == 0)
    }

    @Test("what is asked is the address of the connection, so a name that changes its answer does not help")
    func rebinding() throws {
        let rule = Self.publicOnly
        let url = try HTTPURL("http://rebinding.example/")
        // Nothing is known of a name before it is resolved; each connection is looked at anew.
        #expect(rule.allows(url))
        let (open, hidden) = (try #require(NetworkAddress("8.8.8.8")), try #require(NetworkAddress("127.0.0.1")))
        #expect(rule.allows(open, for: url))
        #expect(!rule.allows(hidden, for: url))
        #expect(!rule.allows(nil, for: url), "nor is an address of another kind")
    }

    @Test(
        "a host lies in the public network where all its addresses do",
        arguments: [
            ("http://1.1.1.1/", true), ("https://[2606:4700::1111]/", true), ("http://localhost/", false),
            ("http://127.1/", false), ("http://0x7f000001/", false), ("http://[::1]:80/", false),
            ("http://169.254.169.254/", false), ("http://no-such-host.invalid/", false),
        ])
    func network(url: String, isPublic: Bool) throws {
        #expect(try HTTPURL(url).liesInPublicNetwork() == isPublic)
    }

    @Test("behind a proxy addresses are refused as far as they are named")
    func proxy() throws {
        let proxy = try ScriptedServer { _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")] }
        defer { proxy.stop() }
        #expect(try Self.refusal("http://example.org/", Self.publicOnly, proxy: proxy.url) == nil)
        #expect(try Self.refusal("http://169.254.169.254/", Self.publicOnly, proxy: proxy.url) == .refusedAddress)
        #expect(proxy.requests.count == 1)
    }
}
