import COpenSSL

/// The bytes of a key. They are overwritten when the last reference to them goes, so that no key lies in memory that was given back.
public final class KeyBytes: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    // Sendable: written by `init` and `wipe` alone, and read in between.
    nonisolated(unsafe) private let memory: UnsafeMutableRawBufferPointer

    /// Takes the bytes over: where nobody else has them, what they leave is overwritten.
    public init(_ bytes: consuming [UInt8]) {
        memory = .allocate(byteCount: bytes.count, alignment: 1)
        memory.copyBytes(from: bytes)
        bytes.wipe()
    }

    deinit {
        wipe()
        memory.deallocate()
    }

    func wipe() { OPENSSL_cleanse(memory.baseAddress, memory.count) }

    public var count: Int { memory.count }

    /// Lends the bytes. What `body` is given is overwritten afterwards, unless it keeps it.
    public func lend<Result, Failure: Error>(_ body: ([UInt8]) throws(Failure) -> Result) throws(Failure) -> Result {
        var bytes = [UInt8](memory)
        defer { bytes.wipe() }
        return try body(bytes)
    }

    /// In constant time.
    public static func == (left: KeyBytes, right: KeyBytes) -> Bool {
        left.count == right.count
            && CRYPTO_memcmp(left.memory.baseAddress, right.memory.baseAddress, left.count) == 0
    }

    public var description: String { "•••" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension [UInt8] {
    /// Overwrites the bytes in a way that no optimiser leaves out. It reaches those of this array alone: copies have to be
    /// overwritten by whoever made them.
    public mutating func wipe() {
        withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}
