/// Why the server does not serve.
public struct ServerError: Error, Sendable, CustomStringConvertible {
    /// What went wrong. More may be added.
    public struct Code: Sendable, Hashable {
        private let name: String

        /// The address is taken, or not one of this machine, or the port needs more rights.
        public static let cannotListen = Code(name: "cannotListen")
    }

    public let code: Code
    /// What happened and what to do.
    public let message: String
    public let cause: any Error

    init(cannotServe configuration: ServerConfiguration, _ cause: any Error) {
        code = .cannotListen
        message =
            "cannot serve on \(configuration.host):\(configuration.port): \(cause): choose another address with --listen"
        self.cause = cause
    }

    public var description: String { message }
}
