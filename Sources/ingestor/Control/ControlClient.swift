/// Has a command carried out by the process that holds the right to write.
struct ControlClient {
    enum Outcome: Sendable {
        /// It was carried out there, and ended so.
        case ended(ExitStatus)
        /// Nobody listens, or the holder ended before it began: try to become the holder.
        case nobody
    }

    let data: DataDirectory

    /// - Throws: ``CommandError`` that names the holder where it went away half-way; ``OutputClosed``.
    func carryOut(_ request: ControlRequest, output: Output) throws -> Outcome {
        guard let connection = try ControlAddress(data).connect() else { return .nobody }
        var holder: String?
        do {
            try connection.send(ControlFrame(kind: .request, payload: request.encode()))
            while let frame = try connection.receive() {
                switch frame.kind {
                case .started: holder = Printable.text(frame.payload)
                case .results:
                    try output.write(frame.payload)
                    try output.flush()
                case .messages: output.forward(messages: frame.payload)
                case .ended:
                    guard let byte = frame.payload.first, let status = ExitStatus(rawValue: Int32(byte)) else {
                        throw ControlFailure(code: .malformed, description: "an unknown exit status")
                    }
                    return .ended(status)
                case .request: throw ControlFailure(code: .malformed, description: "a request where an answer belongs")
                }
            }
        } catch let error as ControlFailure where holder == nil && error.code == .closed {
            return .nobody
        } catch let error as ControlFailure where error.code != .closed {
            throw CommandError("the command was handed to \(holder ?? WriterLock.holder(data)): \(error)")
        } catch is ControlFailure {
            // Falls through to what is said of a holder that went away.
        }
        guard let holder else { return .nobody }
        throw CommandError(
            "\(holder) was carrying this command out and went away before the end. What it had done is kept; "
                + "run the command again")
    }
}
