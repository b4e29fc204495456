/// A parser that meets bytes of strangers, or of a disk that was changed, and what it must keep to. It may throw; it may not
/// trap, hang, or grow beyond its limit.
public struct FuzzTarget: Sendable {
    public let name: String
    /// Longest input worth trying, in bytes.
    public let maximumByteCount: Int
    /// Sound inputs to begin with.
    public let seeds: @Sendable () throws -> [[UInt8]]
    /// Reads an input. What it throws is a refusal; what breaks a rule traps.
    public let run: @Sendable ([UInt8]) throws -> Void

    public init(
        _ name: String, maximumByteCount: Int = 4096, seeds: @escaping @Sendable () throws -> [[UInt8]],
        run: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.maximumByteCount = maximumByteCount
        self.seeds = seeds
        self.run = run
    }

    /// Whether the input was taken.
    @discardableResult
    public func takes(_ input: [UInt8]) -> Bool {
        do {
            try run(input)
            return true
        } catch {
            // A refusal is what most inputs deserve; it has to be able to say what it refuses.
            _ = String(describing: error)
            return false
        }
    }
}

/// What holds for every input.
func expect(_ condition: @autoclosure () -> Bool, _ rule: String) { precondition(condition(), "broken: \(rule)") }
