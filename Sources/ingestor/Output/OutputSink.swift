import Glibc

/// Which of the two streams of a process.
enum OutputStream: UInt8, Sendable {
    case results = 1
    case messages = 2
}

/// Where the bytes of an ``Output`` go: a process's own descriptors, another process, memory.
protocol OutputSink: Sendable {
    /// - Throws: ``OutputClosed`` where nobody reads any more.
    func write(_ bytes: [UInt8], to stream: OutputStream) throws(OutputClosed)
}

/// Nobody reads the output any more: `ingestor log | head`. What is left to print is of no use.
struct OutputClosed: Error, Sendable {}

/// Standard output and standard error of this process.
struct ProcessSink: OutputSink {
    func write(_ bytes: [UInt8], to stream: OutputStream) throws(OutputClosed) {
        let descriptor = stream == .results ? STDOUT_FILENO : STDERR_FILENO
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count > 0 {
                written += count
            } else if errno == EAGAIN {
                var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&request, 1, -1)
            } else if errno != EINTR {
                throw OutputClosed()
            }
        }
    }
}
