import GitProtocol
import ProviderKit

/// Hands the contents of a pack to the sink while the pack arrives, so that they are expanded once, and compressed by another
/// thread meanwhile. Large ones take their turn later, in pieces.
final class ContentObserver: PackObserver {
    private let sink: any ObservationSink
    private let maximumByteCount: UInt64
    private var size: UInt64 = 0
    private var isWanted = false
    private var gathered: [UInt8] = []

    /// A larger content is not taken ahead of its turn.
    static let maximumByteCount: UInt64 = 1 << 20

    init(sink: any ObservationSink, limits: SourceLimits) {
        self.sink = sink
        maximumByteCount = min(Self.maximumByteCount, limits.maximumBlobByteCount ?? .max)
    }

    func begin(_ kind: ObjectKind, sizeBytes: UInt64) {
        isWanted = kind == .blob && sizeBytes <= maximumByteCount
        size = sizeBytes
        gathered.removeAll(keepingCapacity: true)
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        guard isWanted else { return }
        if UInt64(bytes.count) == size {
            isWanted = false
            try sink.prepare(bytes)
        } else {
            gathered.append(contentsOf: bytes)
        }
    }

    func end(_ id: ObjectID) throws {
        guard isWanted, UInt64(gathered.count) == size else { return }
        try gathered.withUnsafeBytes { try sink.prepare($0) }
    }
}
