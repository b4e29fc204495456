import Events
import Glibc
import Synchronization

/// Carries out commands that other processes hand in, while this one holds the right to write.
final class ControlServer: Sendable {
    typealias Carry = @Sendable (ControlRequest, Output) async -> ExitStatus

    /// So many commands are carried out at once; others wait to be accepted.
    static let maximumConnections = 32
    /// A process that connects has to say what it wants within this time.
    static let requestTimeoutSeconds = 10
    /// A process that reads no output for so long loses its command.
    static let outputTimeoutSeconds = 120

    private let listener: ControlListener
    private let wake: Wake
    private let count = Atomic<Int>(0)
    private let isStopped = Atomic<Bool>(false)
    private let identity: [UInt8]

    /// Begins to listen; commands wait until ``run(_:)``.
    init(_ data: DataDirectory, command: String) throws(SystemError) {
        listener = try ControlListener(ControlAddress(data), backlog: Int32(Self.maximumConnections))
        wake = try Wake()
        identity = Array("process \(getpid()) (ingestor \(command))".utf8)
    }

    /// How many handed-in commands are under way.
    var activeCount: Int { count.load(ordering: .relaxed) }

    /// No further command is accepted; ``run(_:)`` returns when those under way are done.
    func stop() {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        listener.remove()
        wake.signal()
    }

    /// Accepts and carries out commands until ``stop()``.
    func run(_ carry: @escaping Carry) async {
        await withDiscardingTaskGroup { group in
            while let connection = listener.accept(or: wake) {
                group.addTask { await self.serve(connection, carry) }
                while self.activeCount >= Self.maximumConnections { await Self.pause() }
            }
        }
    }

    private static func pause() async {
        do { try await Task.sleep(for: .milliseconds(20)) } catch { await Task.yield() }
    }

    private func serve(_ connection: ControlConnection, _ carry: @escaping Carry) async {
        count.add(1, ordering: .relaxed)
        defer { count.subtract(1, ordering: .relaxed) }
        guard connection.peerIsTrusted else { return }
        connection.setTimeouts(readSeconds: Self.requestTimeoutSeconds, writeSeconds: Self.outputTimeoutSeconds)
        do throws(ControlFailure) {
            guard let frame = try connection.receive(), frame.kind == .request else { return }
            try connection.send(ControlFrame(kind: .started, payload: identity))
            let request: ControlRequest
            do { request = try ControlRequest(decoding: frame.payload) } catch {
                try connection.send(ControlFrame(kind: .messages, payload: Array("ingestor: \(error)\n".utf8)))
                try connection.send(ControlFrame(kind: .ended, payload: [UInt8(ExitStatus.failed.rawValue)]))
                return
            }
            let output = Output(mode: request.mode, sink: ForwardingSink(connection: connection))
            let status = await carryUntilHangUp(connection) { await carry(request, output) }
            try connection.send(ControlFrame(kind: .ended, payload: [UInt8(status.rawValue)]))
        } catch {
            // The other process went away, or never spoke properly: there is nobody left to tell.
        }
    }

    /// Cancels the command when the one who wants it goes away.
    private func carryUntilHangUp(
        _ connection: ControlConnection, _ body: @escaping @Sendable () async -> ExitStatus
    ) async -> ExitStatus {
        let wake: Wake
        do { wake = try Wake() } catch { return await body() }
        return await withTaskGroup(of: ExitStatus?.self) { group in
            group.addTask {
                defer { wake.signal() }
                return await body()
            }
            group.addTask {
                _ = connection.waitForHangUp(or: wake)
                return nil
            }
            var status = ExitStatus.failed
            for await result in group {
                if let result { status = result } else { group.cancelAll() }
            }
            return status
        }
    }
}

/// The listening socket.
///
/// `@unchecked Sendable`: both descriptors in it never change, and are closed once, by `deinit`.
private final class ControlListener: @unchecked Sendable {
    private let address: ControlAddress
    private let descriptor: FileDescriptor

    init(_ address: consuming ControlAddress, backlog: Int32) throws(SystemError) {
        descriptor = try address.listen(backlog: backlog)
        self.address = address
    }

    func remove() { address.remove() }

    /// The next connection; nil when `wake` was signalled.
    func accept(or wake: Wake) -> ControlConnection? {
        while true {
            var requests = [
                pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&requests, 2, -1) < 0, errno == EINTR { continue }
            if requests[1].revents != 0 { return nil }
            let connection = Glibc.accept(descriptor.rawValue, nil, nil)
            if connection >= 0 {
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                return ControlConnection(connection)
            }
            // Out of descriptors, or the other side went away again: wait a moment, rather than spin.
            if errno != ECONNABORTED, errno != EINTR { usleep(10_000) }
        }
    }
}

/// The output of a command that is carried out for another process.
private struct ForwardingSink: OutputSink {
    let connection: ControlConnection

    func write(_ bytes: [UInt8], to stream: OutputStream) throws(OutputClosed) {
        let kind: ControlFrame.Kind = stream == .results ? .results : .messages
        for start in stride(from: 0, to: bytes.count, by: ControlFrame.pieceByteCount) {
            let piece = Array(bytes[start..<min(bytes.count, start + ControlFrame.pieceByteCount)])
            do { try connection.send(ControlFrame(kind: kind, payload: piece)) } catch { throw OutputClosed() }
        }
    }
}
