import GitHubSimulator

/// A repository that goes on changing, by a seed.
struct GrowingRepository {
    private static let startFiles = 600
    private static let largeFileBytes = 400_000...3_000_000

    let builder: RepositoryBuilder
    private var generator: any RandomNumberGenerator & Sendable
    private var paths: [String] = []
    private var count = 0

    init(at path: String, generator: some RandomNumberGenerator & Sendable) throws {
        builder = try RepositoryBuilder(at: path)
        self.generator = generator
        for _ in 0..<Self.startFiles { addFile() }
        addLargeFile()
        try builder.commit("Start")
    }

    /// Edits, adds, renames and removes files, and brings new bytes that do not compress.
    mutating func grow() throws {
        for _ in 0..<number(in: 1...60) { edit(paths[number(in: 0...paths.count - 1)]) }
        for _ in 0..<number(in: 0...30) { addFile() }
        for _ in 0..<number(in: 0...10) {
            let index = number(in: 0...paths.count - 1)
            count += 1
            let name = "moved/file\(count).txt"
            builder.rename(RepositoryPath(paths[index]), to: RepositoryPath(name))
            paths[index] = name
        }
        for _ in 0..<number(in: 0...10) {
            builder.remove(RepositoryPath(paths.remove(at: number(in: 0...paths.count - 1))))
        }
        if number(in: 0...1) == 0 { addLargeFile() }
        try builder.commit("Change \(count)")
    }

    private mutating func addFile() {
        count += 1
        paths.append("folder\(number(in: 0...40))/file\(count).txt")
        edit(paths[paths.count - 1])
    }

    private mutating func edit(_ path: String) {
        count += 1
        let line = "line \(count) of \(path)\n"
        builder.write(RepositoryPath(path), .text(String(repeating: line, count: number(in: 1...200))))
    }

    private mutating func addLargeFile() {
        count += 1
        let size = number(in: Self.largeFileBytes)
        builder.write("large/\(number(in: 0...20)).bin", .generated(sizeBytes: size, seed: UInt64(count)))
    }

    private mutating func number(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
}
