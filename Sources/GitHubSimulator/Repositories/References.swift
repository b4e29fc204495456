import Glibc

/// The references of one bare repository on disk (gitrepository-layout), read afresh each time: git may move them too.
struct References: Sendable {
    let path: String

    /// The reference that `HEAD` names, in full.
    func head() throws -> String {
        let text = try Files.read("\(path)/HEAD").map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.hasPrefix("ref: ") ? String(text.dropFirst(5).prefix { $0 != "\n" }) : "refs/heads/main"
    }

    func setHead(_ name: String) throws { try Files.write(Array("ref: \(name)\n".utf8), to: "\(path)/HEAD") }

    /// - Parameter name: in full; `HEAD` is followed.
    func id(_ name: String) throws -> String? {
        let name = name == "HEAD" ? try head() : name
        guard Self.isSafe(name) else { return nil }
        if let bytes = try Files.read("\(path)/\(name)") { return Self.id(bytes[...]) }
        return try packed()[name]
    }

    /// All of them, by their full names.
    func all() throws -> [String: String] {
        var all = try packed()
        func visit(_ folder: String) throws {
            for name in Files.names(in: "\(path)/\(folder)") where !name.hasSuffix(".lock") {
                let full = "\(folder)/\(name)"
                if let bytes = try Files.read("\(path)/\(full)") {
                    all[full] = Self.id(bytes[...])
                } else {
                    try visit(full)
                }
            }
        }
        try visit("refs")
        return all
    }

    /// - Parameter id: nil deletes the reference.
    func set(_ name: String, to id: String?) throws {
        guard Self.isSafe(name) else {
            throw SimulatorError(code: .malformed, message: "\(name) is no full name of a reference")
        }
        let file = "\(path)/\(name)"
        guard let id else {
            unlink(file)
            if try packed()[name] != nil {
                _ = try GitCommand.run(["update-ref", "-d", name].map { Array($0.utf8) }, in: path)
            }
            return
        }
        if let slash = file.lastIndex(of: "/") { try Files.makeFolder(String(file[..<slash])) }
        // As git does: readers see the old id or the new one.
        try Files.write(Array("\(id)\n".utf8), to: "\(file).lock")
        guard rename("\(file).lock", file) == 0 else { throw SimulatorError.system("rename to \(file)") }
    }

    private func packed() throws -> [String: String] {
        guard let bytes = try Files.read("\(path)/packed-refs") else { return [:] }
        var packed: [String: String] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
            // `^id` tells what the tag above names.
            guard line.first != UInt8(ascii: "^"), let id = Self.id(line) else { continue }
            packed[String(decoding: line.dropFirst(id.utf8.count + 1), as: UTF8.self)] = id
        }
        return packed
    }

    private static func id(_ bytes: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: " ") }, as: UTF8.self)
        return ObjectStore.isID(text) ? text : nil
    }

    /// Names come from requests: none leads out of the folder.
    private static func isSafe(_ name: String) -> Bool {
        name.hasPrefix("refs/") && !name.hasSuffix(".lock") && !name.contains("\0")
            && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && !$0.hasPrefix(".")
            }
    }
}
