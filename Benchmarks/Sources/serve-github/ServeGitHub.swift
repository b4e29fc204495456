import Foundation
import GitHubSimulator

/// `serve-github DIR`: serves a simulated GitHub on loopback, with its repositories in DIR.
///
/// The first line of output is JSON with the addresses. Each line of input is a command, and is answered with one line of
/// JSON; `help` lists them. It ends where its input ends.
@main
struct ServeGitHub {
    static func main() async throws {
        guard CommandLine.arguments.count == 2 else {
            FileHandle.standardError.write(Data("usage: serve-github DIR\n".utf8))
            exit(64)
        }
        try await GitHubServer.withServer(.init(root: CommandLine.arguments[1])) { server in
            var commands = Commands(server: server)
            try say(["api": server.apiURL, "git": server.gitURL])
            for await line in inputLines() {
                do {
                    try say(try await commands.run(line.split(separator: " ").map(String.init)))
                } catch let error as SimulatorError {
                    try say(["error": error.message])
                } catch let error as Commands.Misuse {
                    try say(["error": error.description])
                }
            }
        }
    }

    private static func say(_ answer: [String: Any]) throws {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        FileHandle.standardOutput.write(
            try JSONSerialization.data(withJSONObject: answer, options: options) + Data("\n".utf8))
    }

    /// The lines of standard input, read in a thread of their own since reading blocks.
    private static func inputLines() -> AsyncStream<String> {
        AsyncStream { continuation in
            Thread.detachNewThread {
                while let line = readLine() { continuation.yield(line) }
                continuation.finish()
            }
        }
    }
}
