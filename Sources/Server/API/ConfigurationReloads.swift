/// How it went when a process was told to read its configuration again.
public struct ConfigurationReloads: Sendable, Equatable {
    public var succeeded: UInt64 = 0
    public var failed: UInt64 = 0
    /// Whether the last one failed, so that an older configuration holds than the one that is written down.
    public var lastFailed = false

    public init() {}
}
