import Events
import Glibc

/// Who said what a setting is.
enum SettingOrigin: Sendable, Equatable, CustomStringConvertible {
    case flag(String)
    case environment(String)
    /// A name in the configuration file.
    case file(String, path: String)
    case builtIn

    /// As a message names it: `--concurrency`, `INGESTOR_CONCURRENCY`, `` `concurrency` in ingestor.yaml ``.
    var description: String {
        switch self {
        case .flag(let name), .environment(let name): name
        case .file(let name, let path): "`\(name)` in \(path)"
        case .builtIn: "default"
        }
    }

    /// `flag`, `environment`, `file` or `default`.
    var word: String {
        switch self {
        case .flag: "flag"
        case .environment: "environment"
        case .file: "file"
        case .builtIn: "default"
        }
    }
}

/// One setting's text and who said it.
struct SettingValue: Sendable {
    var text: String
    var origin: SettingOrigin
    var isSecret = false
    /// The file that a secret was read from.
    var secretFile: String?

    func refused(_ expected: String) -> CommandError {
        .usage("\(origin) has to be \(expected)\(isSecret ? "" : ", not \"\(Printable.source(text.utf8))\"")")
    }

    /// Why a file that the setting names is of no use; nil where it can be read.
    func unreadableFile(_ path: String) -> CommandError? {
        let name = Printable.text(path)
        var status = stat()
        guard stat(path, &status) == 0 else {
            return .usage("\(origin) names the file \(name), which cannot be read: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            return .usage("\(origin) names \(name), which is a directory and not a file")
        }
        guard access(path, R_OK) == 0 else {
            return .usage("\(origin) names the file \(name), which cannot be read: \(String(cString: strerror(errno)))")
        }
        return nil
    }
}

/// What is wrong with the settings: everything at once, so that it can be put right at once.
struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    let problems: [String]

    var description: String { problems.joined(separator: "; ") }
}
