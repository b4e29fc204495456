import ArgumentParser
import Events
import GitHubSimulator
import Glibc

/// `demo`
struct Demo: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Does the main job on a real repository; no network needed.",
        discussion: helpDiscussion(
            "Serves a Git repository over HTTP on this machine, takes in two of its commits, shows what happened, and proves it by "
                + "replay. In a directory that is thrown away, unless --data names one. Needs `git` in the path.",
            examples: "ingestor demo", "ingestor demo --data /tmp/demo"))

    @OptionGroup var global: GlobalOptions

    func run(_ context: Context) async throws -> ExitStatus {
        try await Stores.withTemporaryDirectory { folder in
            let data = global.data == nil ? folder + "/data" : context.data.path
            let repository = try DemoRepository.make(in: folder, near: Self.places(context))
            try repository.fork(in: folder)
            let inside = Context(
                output: context.output, options: context.options, settings: context.settings,
                data: DataDirectory(path: data),
                workingDirectory: context.workingDirectory, arguments: context.arguments)
            return try await GitServer.withServer(GitServer.Configuration(root: folder)) { server in
                try await DemoRun(context: inside, repository: repository, server: server).carryOut(
                    isKept: global.data != nil)
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
