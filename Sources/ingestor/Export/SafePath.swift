/// Whether a path may be written below a directory of somebody's choice.
enum SafePath {
    /// The names on the way, or why there may be no such file.
    static func names(_ path: [UInt8]) -> Result<[[UInt8]], Refusal> {
        if path.contains(0) { return .failure(Refusal("has a zero byte in it")) }
        if path.first == UInt8(ascii: "/") { return .failure(Refusal("is absolute")) }
        let names = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { Array($0) }
        for name in names {
            if name.isEmpty { return .failure(Refusal("has an empty name in it")) }
            if name == Array(".".utf8) || name == Array("..".utf8) { return .failure(Refusal("leads elsewhere")) }
            if name.map({ $0 | 0x20 }) == Array(".git".utf8).map({ $0 | 0x20 }) {
                return .failure(Refusal("would pass for a Git directory"))
            }
            if name.count > 255 { return .failure(Refusal("has a name of more than 255 bytes in it")) }
        }
        return .success(names)
    }

    struct Refusal: Error, Sendable {
        let reason: String

        init(_ reason: String) { self.reason = reason }
    }
}
