import FoundationEssentials
import Synchronization

/// What time it is on the simulated GitHub: tokens, quotas and the log of deliveries go by it.
public final class SimulatedClock: Sendable {
    private enum Source {
        case system(offsetMilliseconds: Int64)
        case manual(milliseconds: Int64)
    }

    private let source: Mutex<Source>

    /// The system's time, which `advance` moves ahead.
    public init() { source = Mutex(.system(offsetMilliseconds: 0)) }

    /// A time that stands until `advance` moves it.
    public init(startingAtSeconds seconds: Int64) { source = Mutex(.manual(milliseconds: seconds * 1000)) }

    /// Since 1970.
    public var milliseconds: Int64 {
        source.withLock { source in
            switch source {
            case .manual(let milliseconds): milliseconds
            case .system(let offset): Int64(Date().timeIntervalSince1970 * 1000) + offset
            }
        }
    }

    /// Since 1970.
    public var seconds: Int64 { milliseconds / 1000 }

    public func advance(bySeconds seconds: Int64) {
        source.withLock { source in
            switch source {
            case .manual(let milliseconds): source = .manual(milliseconds: milliseconds + seconds * 1000)
            case .system(let offset): source = .system(offsetMilliseconds: offset + seconds * 1000)
            }
        }
    }
}
