import Glibc

extension SimulatorError {
    /// The error of a call that left its reason in `errno`, or returned it as `code`.
    static func system(_ call: String, code: Int32 = errno) -> SimulatorError {
        SimulatorError(code: .system, message: "\(call) failed: \(String(cString: strerror(code)))")
    }
}

/// Calls `body` with null-terminated arrays of C strings, as `posix_spawn` wants them.
func withCStrings<R>(
    _ first: [[UInt8]], _ second: [[UInt8]],
    _ body: ([UnsafeMutablePointer<CChar>?], [UnsafeMutablePointer<CChar>?]) -> R
) -> R {
    func copies(_ strings: [[UInt8]]) -> [UnsafeMutablePointer<CChar>?] {
        strings.map { bytes in
            let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count + 1)
            _ = copy.initialize(from: bytes.map(CChar.init(bitPattern:)) + [0])
            return copy.baseAddress
        } + [nil]
    }
    let (firstCopies, secondCopies) = (copies(first), copies(second))
    defer { for pointer in firstCopies + secondCopies { pointer?.deallocate() } }
    return body(firstCopies, secondCopies)
}
