import Testing

@testable import OpenSSL

@Suite struct KeyBytesTests {
    @Test func whatIsLentAndWipedIsGone() {
        let bytes = (0..<32).map { UInt8($0 + 1) }
        let key = KeyBytes(bytes)
        #expect(bytes[31] == 32, "what others still have is left to them")
        #expect(key.lend { $0 } == bytes)
        #expect(key == KeyBytes(bytes) && key != KeyBytes(Array(bytes.reversed())) && key != KeyBytes([1]))
        #expect("\(key)" == "•••" && Mirror(reflecting: key).children.isEmpty)
        key.wipe()
        #expect(key.lend { $0 } == [UInt8](repeating: 0, count: 32))
        var own = bytes
        own.wipe()
        #expect(own.allSatisfy { $0 == 0 } && bytes[0] == 1)
        #expect(KeyBytes([]).count == 0)
    }
}
