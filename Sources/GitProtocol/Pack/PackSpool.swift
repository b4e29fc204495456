import Glibc

/// Receives a pack: writes it to a file and indexes it while it arrives.
public final class PackSpool {
    private let path: String
    private let limits: PackLimits
    private let observer: (any PackObserver)?
    private let progress: (PackSpool) -> Void
    private let scanner: PackScanner
    private var descriptor: Int32
    /// Received, and neither scanned nor written: the scanner is faster where it sees whole objects.
    private var buffer: [UInt8] = []

    /// Makes the file, readable by its owner alone; one that stands there is emptied.
    ///
    /// - Parameter progress: called whenever some more was received.
    /// - Throws: `fileSystem`.
    public init(
        path: String, limits: PackLimits = PackLimits(), observer: (any PackObserver)? = nil,
        progress: @escaping (PackSpool) -> Void = { _ in }
    ) throws {
        self.progress = progress
        self.path = path
        self.limits = limits
        self.observer = observer
        scanner = try PackScanner(limits: limits, observer: observer)
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw GitFormatError.fileSystem("make \(path)") }
        buffer.reserveCapacity(limits.spoolBufferBytes)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Bytes received.
    public var receivedBytes: UInt64 { scanner.position + UInt64(buffer.count) }
    /// Objects received in full and scanned.
    public var receivedObjects: Int { scanner.table.count }
    /// How many the pack says that it holds; 0 before it has said so. Only a claim.
    public var declaredObjects: Int { scanner.declaredObjects }

    /// Takes in the next piece of the pack.
    ///
    /// - Throws: `GitFormatError` (at most a buffer's length after the first byte that cannot be right; `limitExceeded`,
    ///   `fileSystem` where the disk is full), or what the observer throws.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        if buffer.count + bytes.count > limits.spoolBufferBytes { try flush() }
        if bytes.count >= limits.spoolBufferBytes {
            try scanner.feed(bytes)
            try write(bytes)
            progress(self)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    /// Ends the file and resolves the deltas.
    ///
    /// - Parameter bases: asked for the bases that a thin pack leaves out.
    /// - Throws: `truncatedPack` where the pack is not whole, other `GitFormatError`s, or what `bases` or the observer
    ///   throw.
    public func finish(bases: any BaseProvider = NoBases()) throws -> Pack {
        try flush()
        let table = try scanner.finish()
        let result = close(descriptor)
        descriptor = -1
        guard result == 0 else { throw GitFormatError.fileSystem("close \(path)") }
        return try Pack(scanned: table, path: path, limits: limits, bases: bases, observer: observer)
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { bytes in
            try scanner.feed(bytes)
            try write(bytes)
        }
        buffer.removeAll(keepingCapacity: true)
        progress(self)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw GitFormatError.fileSystem("write to \(path)")
            }
            rest = rest.dropFirst(written)
        }
    }
}
