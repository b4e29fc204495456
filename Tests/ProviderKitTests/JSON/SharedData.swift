import Foundation

/// The folder of given material; nil where this checkout has none.
let sharedData: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let shared =
        ProcessInfo.processInfo.environment["INGESTOR_SHARED"].map { URL(fileURLWithPath: $0) }
        ?? root.deletingLastPathComponent().appendingPathComponent("shared")
    let data = shared.appendingPathComponent("data").path
    return FileManager.default.fileExists(atPath: data) ? data : nil
}()

/// The files of a folder of the given material whose names begin so.
func sharedFiles(_ folder: String, prefix: String = "") throws -> [(name: String, bytes: [UInt8])] {
    guard let sharedData else { return [] }
    let names = try FileManager.default.subpathsOfDirectory(atPath: "\(sharedData)/\(folder)")
    return try names.sorted().filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }.map { name in
        (name, [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(sharedData)/\(folder)/\(name)"))))
    }
}

/// The seed of a randomised test, from INGESTOR_TEST_SEED or the clock, printed so that a failure can be repeated.
func testSeed(_ name: String) -> UInt64 {
    let seed =
        ProcessInfo.processInfo.environment["INGESTOR_TEST_SEED"].flatMap { UInt64($0) }
        ?? UInt64(Date().timeIntervalSince1970 * 1000)
    print("\(name): seed \(seed)")
    return seed
}
