import FoundationEssentials
import Glibc

/// Calls `body` with the path of a new folder and removes the folder with all it holds afterwards.
///
/// The folder is made in `TMPDIR`, else in `/tmp`.
public func withTemporaryFolder<R>(
    isolation: isolated (any Actor)? = #isolation, _ body: (_ path: String) async throws -> R
) async throws -> R {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/ingestor-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SimulatorError.system("mkdtemp in \(parent)") }
    let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    let result: R
    do {
        result = try await body(path)
    } catch {
        // The body's error is the one to tell; a folder that stays behind is the smaller harm.
        _ = try? FileManager.default.removeItem(atPath: path)
        throw error
    }
    try FileManager.default.removeItem(atPath: path)
    return result
}
