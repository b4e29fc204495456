import OpenSSL
import Testing

/// The bytes that hex digits stand for; blanks are passed over.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

@Suite struct HMACTests {
    /// RFC 4231, section 4: test cases 1 to 4, 6 and 7 (5 truncates its code).
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), [UInt8](repeating: 0xcd, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            Array(
                "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."
                    .utf8),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
        // Nothing keyed with nothing.
        ([], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ])
    func publishedVectors(key: [UInt8], message: [UInt8], code: String) {
        #expect(HMACSHA256.authenticate(key: key, message: message) == bytes(code))
    }

    @Test func comparison() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
    }

    @Test func randomBytes() throws {
        #expect(try secureRandomBytes(0) == [])
        let first = try secureRandomBytes(32)
        #expect(first.count == 32)
        #expect(first != (try secureRandomBytes(32)))
        #expect(throws: OpenSSLError.self) { try secureRandomBytes(-1) }
    }
}

@Suite struct AESGCMTests {
    struct Vector: Sendable {
        var key, nonce, plaintext, authenticated, sealed: String
    }

    /// Test cases 13 to 16 of McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", as submitted to NIST.
    static let vectors = [
        Vector(
            key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12), plaintext: "",
            authenticated: "", sealed: "530f8afbc74536b9a963b4f1c4cb738b"),
        Vector(
            key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
            plaintext: String(repeating: "00", count: 16), authenticated: "",
            sealed: "cea7403d4d606b6e074ec5d3baf39d18 d0d1c8a799996bf0265b98b5d48ab919"),
        Vector(
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", nonce: "cafebabefacedbaddecaf888",
            plaintext: """
                d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
                1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255
                """,
            authenticated: "",
            sealed: """
                522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
                8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad
                b094dac5d93471bdec1a502270e3cc6c
                """),
        Vector(
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", nonce: "cafebabefacedbaddecaf888",
            plaintext: """
                d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
                1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39
                """,
            authenticated: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            sealed: """
                522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
                8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
                76fc6ece0f4e1768cddf8853bb2d551b
                """),
    ]

    @Test(arguments: vectors) func publishedVectors(vector: Vector) throws {
        let sealed = try AESGCM.seal(
            key: bytes(vector.key), nonce: bytes(vector.nonce), plaintext: bytes(vector.plaintext),
            authenticated: bytes(vector.authenticated))
        #expect(sealed == bytes(vector.sealed))
        let opened = try AESGCM.open(
            key: bytes(vector.key), nonce: bytes(vector.nonce), sealed: sealed,
            authenticated: bytes(vector.authenticated))
        #expect(opened == bytes(vector.plaintext))
    }

    @Test func everyChangedBitIsNoticed() throws {
        let key = [UInt8](repeating: 7, count: 32)
        let nonce = [UInt8](repeating: 9, count: 12)
        let sealed = try AESGCM.seal(key: key, nonce: nonce, plaintext: Array("attack".utf8), authenticated: [1, 2])
        func isRefused(
            key: [UInt8]? = nil, nonce other: [UInt8]? = nil, sealed changed: [UInt8]? = nil,
            authenticated: [UInt8] = [1, 2]
        ) -> Bool {
            do {
                _ = try AESGCM.open(
                    key: key ?? [UInt8](repeating: 7, count: 32), nonce: other ?? nonce, sealed: changed ?? sealed,
                    authenticated: authenticated)
                return false
            } catch {
                return error.code == .notAuthentic
            }
        }
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(isRefused(sealed: changed), "bit \(bit)")
        }
        for count in 0..<sealed.count { #expect(isRefused(sealed: Array(sealed.prefix(count))), "cut at \(count)") }
        #expect(isRefused(key: [UInt8](repeating: 8, count: 32)))
        #expect(isRefused(nonce: [UInt8](repeating: 8, count: 12)))
        #expect(isRefused(authenticated: [1, 3]))
        #expect(!isRefused())
    }

    @Test func wrongLengthsAreRefused() {
        #expect(throws: OpenSSLError.self) {
            try AESGCM.seal(
                key: [UInt8](repeating: 0, count: 16), nonce: [UInt8](repeating: 0, count: 12), plaintext: [])
        }
        #expect(throws: OpenSSLError.self) {
            try AESGCM.seal(
                key: [UInt8](repeating: 0, count: 32), nonce: [UInt8](repeating: 0, count: 16), plaintext: [])
        }
    }
}
