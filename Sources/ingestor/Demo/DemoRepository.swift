import GitHubSimulator

/// The Git repository that the demo serves: this project's own history where it can be found, else one that is made up.
struct DemoRepository: Sendable {
    let builder: RepositoryBuilder
    /// What it is, for people.
    let title: String
    /// The commit to begin with, and the one that follows.
    let first: String
    let second: String

    static let name = "project.git"
    static let forkName = "fork.git"

    /// A copy of the repository with one commit more.
    func fork(in folder: String) throws {
        try builder.setReference("refs/heads/\(builder.branch)", to: second)
        let fork = try RepositoryBuilder(cloning: builder.path, to: "\(folder)/\(Self.forkName)")
        fork.write("FORK.md", "What this fork does otherwise.\n")
        try fork.commit("Go another way")
    }

    /// Makes the repository in `folder`.
    static func make(in folder: String, near places: [String]) throws -> DemoRepository {
        let path = "\(folder)/\(name)"
        if let checkout = try checkout(near: places) {
            let builder = try RepositoryBuilder(cloning: checkout, to: path)
            if let second = try builder.head(), let first = try ancestor(of: second, in: builder) {
                return DemoRepository(
                    builder: builder, title: "this project's own history", first: first, second: second)
            }
            try FileSystem.removeTree(path)
        }
        return try generated(at: path)
    }

    /// A checkout of this project around one of the places.
    private static func checkout(near places: [String]) throws -> String? {
        for place in places {
            var directory = Substring(place)
            while !directory.isEmpty {
                let candidate = String(directory)
                if try FileSystem.kind(candidate + "/.git") != .missing,
                    try FileSystem.kind(candidate + "/Sources/EventLog") == .directory
                {
                    return candidate
                }
                guard let slash = directory.lastIndex(of: "/") else { break }
                directory = directory[..<slash]
            }
        }
        return nil
    }

    private static func ancestor(of commit: String, in builder: RepositoryBuilder) throws -> String? {
        do { return try builder.resolve("\(commit)~1") } catch is SimulatorError { return nil }
    }

    private static func generated(at path: String) throws -> DemoRepository {
        let builder = try RepositoryBuilder(at: path)
        builder.write("README.md", "# A project\n\nMade up for the demo.\n")
        builder.write("LICENSE", .generated(sizeBytes: 11_000, seed: 1))
        for module in 0..<12 {
            for file in 0..<20 {
                builder.write(
                    RepositoryPath("Sources/Module\(module)/File\(file).swift"), .text(source(module, file, version: 1))
                )
            }
            // The same license once a module: kept once.
            builder.write(RepositoryPath("Sources/Module\(module)/LICENSE"), .generated(sizeBytes: 11_000, seed: 1))
        }
        builder.write("tools/run", "#!/bin/sh\nexec swift run\n", executable: true)
        builder.symlink("README", to: "README.md")
        let first = try builder.commit("Begin")
        builder.write("Sources/Module3/File7.swift", .text(source(3, 7, version: 2)))
        builder.rename("Sources/Module5/File1.swift", to: "Sources/Module5/Renamed.swift")
        builder.remove("Sources/Module9/File2.swift")
        let second = try builder.commit("Change one file, rename one, remove one")
        return DemoRepository(builder: builder, title: "a made-up project", first: first, second: second)
    }

    private static func source(_ module: Int, _ file: Int, version: Int) -> String {
        var text = "/// File \(file) of module \(module).\npublic enum File\(file) {\n"
        for line in 0..<(20 + (module * 7 + file * 3) % 60) {
            text += "    public static let value\(line) = \(module * 1000 + file * 100 + line * version)\n"
        }
        return text + "}\n"
    }
}
