import ArgumentParser
import Events
import GitHubSimulator
import Glibc
import Ingest
import OpenSSL
import ProviderKit
import Server

/// `demo`
struct Demo: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Does the main job on a real repository; no network needed.",
        discussion: helpDiscussion(
            "Runs a simulated GitHub on this machine with a real repository, takes it in, pushes a commit whose webhook brings it in, "
                + "shows what happened, and proves it by replay. In a directory that is thrown away, unless --data names one. Needs `git` in the path.",
            examples: "ingestor demo", "ingestor demo --data /tmp/demo", "ingestor demo --serve"))

    @OptionGroup var global: GlobalOptions
    @Flag(help: "Serves what it made afterwards, and prints a link that signs one browser in to the dashboard.")
    var serve =
        false
    @Option(help: "Address and port to serve on; port 0 takes a free one.") var listen = "127.0.0.1:0"

    func validate() throws {
        guard ServerConfiguration(listen: listen) != nil else {
            throw ValidationError("\(Printable.text(listen)) is no address: write it as 127.0.0.1:8080")
        }
    }

    func run(_ context: Context) async throws -> ExitStatus {
        try await Stores.withTemporaryDirectory { folder in
            let data = global.data == nil ? folder + "/data" : context.data.path
            let repository = try DemoRepository.make(in: folder, near: Self.places(context))
            try repository.fork(in: folder)
            return try await GitHubServer.withServer(GitHubServer.Configuration(root: folder + "/github")) { server in
                var settings = context.settings
                settings.gitHub.apiURL = server.apiURL
                settings.gitHub.gitURL = server.gitURL
                settings.gitHub.webhookSecrets = [Secret(DemoHub.secret)]
                // Nobody needs to know it: a code signs in.
                settings.adminToken = Secret(try secureRandomBytes(AccessToken.randomByteCount))
                let inside = Context(
                    output: context.output, options: context.options, settings: settings,
                    data: DataDirectory(path: data), workingDirectory: context.workingDirectory,
                    arguments: context.arguments)
                let hub = try DemoHub(server: server, repository: repository, folder: folder)
                return try await DemoRun(context: inside, repository: repository, hub: hub).carryOut(
                    isKept: global.data != nil, thenServingOn: serve ? ServerConfiguration(listen: listen) : nil)
            }
        }
    }

    /// Where the project's checkout may be: where we are, and where the program lies.
    private static func places(_ context: Context) throws -> [String] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let program = count > 0 ? [String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)] : []
        return [String(decoding: context.workingDirectory, as: UTF8.self)] + program
    }
}
