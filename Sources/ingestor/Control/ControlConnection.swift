import Glibc

/// Why a conversation over the control socket ended.
struct ControlFailure: Error, Sendable, CustomStringConvertible {
    enum Code: Sendable { case closed, malformed, timeout, system }
    var code: Code
    var description: String
}

/// One end of a conversation over the control socket. Calls block.
///
/// `@unchecked Sendable`: the descriptor never changes and is closed once, by `deinit`; one thread writes at a time (an
/// ``Output`` or the one that owns the conversation), and one reads.
final class ControlConnection: @unchecked Sendable {
    let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// After so many seconds without an answer reading or writing fails; 0: never.
    func setTimeouts(readSeconds: Int, writeSeconds: Int) {
        for (option, seconds) in [(SO_RCVTIMEO, readSeconds), (SO_SNDTIMEO, writeSeconds)] {
            var value = timeval(tv_sec: seconds, tv_usec: 0)
            // A socket without its time limit still works; the limit only guards against peers that hang.
            setsockopt(descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// The process at the other end runs as this user, or as root.
    var peerIsTrusted: Bool {
        // `struct ucred` of socket(7), which Glibc shows only with _GNU_SOURCE: process, user, group.
        var credentials: (process: pid_t, user: uid_t, group: gid_t) = (0, 0, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return false }
        return credentials.user == geteuid() || credentials.user == 0
    }

    func send(_ frame: ControlFrame) throws(ControlFailure) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(5 + frame.payload.count)
        bytes.append(bigEndianLength: frame.payload.count + 1)
        bytes.append(frame.kind.rawValue)
        bytes += frame.payload
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 { sent += count } else if errno != EINTR { throw failure("send") }
        }
    }

    /// The next frame; nil where the other end has closed in an orderly way between two frames.
    func receive() throws(ControlFailure) -> ControlFrame? {
        guard let head = try read(4, mayEnd: true) else { return nil }
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        guard (1...ControlFrame.maximumByteCount).contains(length) else {
            throw ControlFailure(code: .malformed, description: "a frame of \(length) bytes is over the limit")
        }
        guard let body = try read(length, mayEnd: false), let kind = ControlFrame.Kind(rawValue: body[0]) else {
            throw ControlFailure(code: .malformed, description: "a frame of an unknown kind")
        }
        return ControlFrame(kind: kind, payload: Array(body[1...]))
    }

    private func read(_ length: Int, mayEnd: Bool) throws(ControlFailure) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: length)
        var filled = 0
        while filled < length {
            let count = bytes.withUnsafeMutableBytes { buffer in
                recv(descriptor, buffer.baseAddress.map { $0 + filled }, length - filled, 0)
            }
            if count > 0 {
                filled += count
            } else if count == 0 {
                if filled == 0, mayEnd { return nil }
                throw ControlFailure(code: .closed, description: "the other process went away")
            } else if errno != EINTR {
                throw failure("recv")
            }
        }
        return bytes
    }

    /// `POLLRDHUP` of poll(2), which Glibc shows only with _GNU_SOURCE.
    private static let peerHungUp: Int16 = 0x2000

    private func failure(_ call: String) -> ControlFailure {
        switch errno {
        case EPIPE, ECONNRESET: ControlFailure(code: .closed, description: "the other process went away")
        case EAGAIN: ControlFailure(code: .timeout, description: "the other process did not answer in time")
        default: ControlFailure(code: .system, description: "\(call) failed: \(String(cString: strerror(errno)))")
        }
    }

    /// Returns when the other end hangs up, or when `wake` becomes readable.
    ///
    /// - Returns: whether the other end hung up.
    func waitForHangUp(or wake: Wake) -> Bool {
        var requests = [
            pollfd(fd: descriptor, events: Self.peerHungUp, revents: 0),
            pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&requests, 2, -1) < 0, errno == EINTR {}
        return requests[1].revents == 0
    }
}

/// Ends a wait in `poll(2)` from another thread.
///
/// `@unchecked Sendable`: the descriptors never change and are closed once, by `deinit`.
final class Wake: @unchecked Sendable {
    let descriptor: Int32
    private let writing: Int32

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        _ = try FileDescriptor.check("pipe", "pipe") { pipe(&ends) }
        (descriptor, writing) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(descriptor)
        close(writing)
    }

    /// From now on the descriptor is readable.
    func signal() {
        var byte: UInt8 = 1
        // A pipe takes 64 KiB without a reader, and one byte is enough: this neither blocks nor has to be repeated.
        _ = Glibc.write(writing, &byte, 1)
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndianLength length: Int) {
        for shift in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: length >> shift)) }
    }
}
