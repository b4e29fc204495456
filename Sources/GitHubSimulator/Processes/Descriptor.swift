import Glibc
import Synchronization

/// A file descriptor that is closed once: by `close()`, or where its last owner lets go of it.
///
/// The asynchronous calls want a non-blocking descriptor and one reader or writer at a time. They suspend until the
/// descriptor is ready, so no thread of theirs waits in a system call.
final class Descriptor: Sendable {
    let number: Int32
    private let isOpen = Mutex(true)

    init(_ number: Int32) { self.number = number }

    deinit { close() }

    func close() {
        isOpen.withLock { isOpen in
            if isOpen { _ = Glibc.close(number) }
            isOpen = false
        }
    }

    func setNonBlocking() {
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    }

    /// Up to `count` bytes, as many as are there; empty at the end of the file.
    func read(upTo count: Int) async throws -> [UInt8] {
        while true {
            if let bytes = try readNow(upTo: count) { return bytes }
            await Readiness.shared.wait(for: number, .reading)
        }
    }

    /// All of `bytes`; the descriptor has to be a socket, so that a reader that is gone gives an error and no signal.
    func send(_ bytes: [UInt8]) async throws {
        var sent = 0
        while sent < bytes.count {
            if let count = try sendNow(bytes[sent...]) {
                sent += count
            } else {
                await Readiness.shared.wait(for: number, .writing)
            }
        }
    }

    /// As `read(upTo:)`; nil where a non-blocking descriptor has nothing yet.
    func readNow(upTo count: Int) throws -> [UInt8]? {
        while true {
            var code: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                let result = Glibc.read(number, buffer.baseAddress, count)
                code = result < 0 ? errno : 0
                initialized = max(result, 0)
            }
            switch code {
            case 0: return bytes
            case EINTR: continue
            case EAGAIN: return nil
            default: throw SimulatorError.system("read", code: code)
            }
        }
    }

    /// How many of `bytes` the socket took; nil where it takes none now.
    func sendNow(_ bytes: ArraySlice<UInt8>) throws -> Int? {
        while true {
            let result = bytes.withUnsafeBytes { Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if result >= 0 { return result }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            default: throw SimulatorError.system("send")
            }
        }
    }
}
