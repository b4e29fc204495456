import GitHubSimulator
import Glibc
import Testing

/// A `serve` that is under way.
struct RunningService {
    let process: Tool.Running

    init(_ tool: Tool, _ arguments: String...) throws {
        process = try tool.start(arguments.map { Array($0.utf8) })
    }

    init(_ process: Tool.Running) { self.process = process }

    func messages() throws -> String { String(decoding: try bytes(of: process.messagesPath), as: UTF8.self) }

    /// Waits until it has said something.
    func wait(for words: String) async throws {
        for _ in 0..<1000 {
            if try messages().contains(words) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        process.end()
        throw ToolFailure("the service never said \"\(words)\": \(try messages())")
    }

    /// Where it listens.
    func port() async throws -> Int {
        try await wait(for: "Listening on http://")
        let text = try messages()
        guard let start = text.firstRange(of: "Listening on http://127.0.0.1:")?.upperBound,
            let port = Int(text[start...].prefix { $0.isNumber })
        else { throw ToolFailure("no port in: \(text)") }
        return port
    }

    func signal(_ number: Int32) { kill(process.process, number) }

    /// Ends it in the orderly way.
    func end() async throws -> Tool.Result {
        signal(SIGTERM)
        return try await process.wait()
    }
}

/// What a command of the system's shell writes.
func shell(_ command: String) async throws -> String {
    try await withTemporaryFolder { folder in
        try await system("( \(command) ) > \(folder)/output")
        return String(decoding: try bytes(of: "\(folder)/output"), as: UTF8.self)
    }
}
