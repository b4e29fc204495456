import Foundation
import GitHubSimulator

/// `serve-git DIR`: serves the repositories of a folder over HTTP on loopback, so that clients can be compared.
///
/// The first line of output is the server's address. Each line of input is answered with what has passed since the last
/// one, as JSON: requests, and the bytes of their bodies in both directions. It ends where its input ends.
@main
struct ServeGit {
    static func main() async throws {
        guard CommandLine.arguments.count == 2 else {
            FileHandle.standardError.write(Data("usage: serve-git DIR\n".utf8))
            exit(64)
        }
        try await GitServer.withServer(.init(root: CommandLine.arguments[1])) { server in
            say(server.url)
            for await _ in inputLines() {
                let traffic = server.traffic
                server.resetTraffic()
                say(
                    #"{"requests":\#(traffic.count),"receivedBytes":\#(traffic.receivedBytes),"sentBytes":\#(traffic.sentBytes)}"#
                )
            }
        }
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

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
