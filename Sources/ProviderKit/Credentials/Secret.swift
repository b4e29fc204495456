#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Something that must not be shown: it prints as dots, and no mirror sees into it. Its bytes are overwritten when the last copy
/// of it goes; what it was made from and what it reveals is for others to be rid of.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let storage: SecretStorage

    public init(_ bytes: [UInt8]) { storage = SecretStorage(bytes) }

    public init(_ text: String) { storage = SecretStorage(text.utf8) }

    /// The secret itself, for whoever has to use it.
    public func reveal() -> [UInt8] { Array(storage.bytes) }

    /// The secret itself as text.
    public func revealText() -> String { String(decoding: storage.bytes, as: UTF8.self) }

    public static func == (left: Secret, right: Secret) -> Bool {
        left.storage.bytes.elementsEqual(right.storage.bytes)
    }

    public var description: String { "•••" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

private final class SecretStorage: Sendable {
    // Sendable: written by `init` and `deinit` alone.
    nonisolated(unsafe) private let memory: UnsafeMutableRawBufferPointer

    init(_ bytes: some Collection<UInt8>) {
        memory = .allocate(byteCount: bytes.count, alignment: 1)
        memory.copyBytes(from: bytes)
    }

    deinit {
        if let start = memory.baseAddress {
            // Not a plain loop, which an optimiser leaves out before the memory is given back.
            #if canImport(Glibc)
                explicit_bzero(start, memory.count)
            #else
                memset_s(start, memory.count, 0, memory.count)
            #endif
        }
        memory.deallocate()
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }
}
