import FuzzTargets
import Glibc

@testable import ingestor

/// What of the program itself reads bytes that others wrote. It can be linked here because the package builds it as a library
/// for the fuzzer.
extension FuzzTarget {
    static let program = [configuration, control]

    /// A configuration file.
    private static let configuration = FuzzTarget("configuration", maximumByteCount: 2048) {
        [
            "listen: 127.0.0.1:8080\nconcurrency: 4\n", "githubToken: secret\npublicURL: https://x.example\n",
            "webhookSecrets:\n  - a\n  - b\n", "# nothing\n", "logLevel: debug\nallowPrivateAddresses: false\n",
        ].map { Array($0.utf8) }
    } run: { input in
        let path = "/tmp/ingestor-fuzz-\(getpid()).yaml"
        guard let file = fopen(path, "w") else { preconditionFailure("inputs can be written") }
        fwrite(input, 1, input.count, file)
        fclose(file)
        defer { unlink(path) }
        let source = SettingsSource(flags: [:], environment: [:], file: path)
        _ = try Settings(source)
    }

    /// A command that comes over the control socket, frame by frame.
    private static let control = FuzzTarget("control") {
        let request = ControlRequest(
            arguments: ["repo", "add", "dir:/x"].map { Array($0.utf8) }, workingDirectory: Array("/srv".utf8),
            mode: OutputMode())
        let payload = request.encode()
        return [
            [0, 0, 0, UInt8(payload.count + 1), 1] + payload, [0, 0, 0, 1, 5], [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff],
        ]
    } run: { input in
        var ends: [Int32] = [-1, -1]
        precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0, "there is a pair of sockets")
        _ = input.withUnsafeBytes { send(ends[0], $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        close(ends[0])
        let connection = ControlConnection(ends[1])
        while let frame = try connection.receive() {
            guard frame.kind == .request else { continue }
            let request = try ControlRequest(decoding: frame.payload)
            precondition(
                try! ControlRequest(decoding: request.encode()) == request, "a request is written as it was read")
        }
    }
}
