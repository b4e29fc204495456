import Events

/// The output of `git ls-tree -r`, byte for byte.
public enum ListTree {
    /// `100644 blob <id>\t<path>\n`.
    public static func line(_ entry: FileEntry) -> [UInt8] {
        line(mode: entry.mode, hash: entry.hash, path: quoted(entry.path), terminator: UInt8(ascii: "\n"))
    }

    /// As with `-z`: the path as it is, and a zero byte behind it.
    public static func zeroTerminated(_ entry: FileEntry) -> [UInt8] {
        line(mode: entry.mode, hash: entry.hash, path: entry.path, terminator: 0)
    }

    private static func line(mode: UInt32, hash: SHA1Hash, path: [UInt8], terminator: UInt8) -> [UInt8] {
        let digits = String(mode, radix: 8)
        let type = mode == GitMode.submodule ? "commit" : "blob"
        let padding = String(repeating: "0", count: max(0, 6 - digits.utf8.count))
        return Array("\(padding)\(digits) \(type) \(hash.hex)\t".utf8) + path + [terminator]
    }

    /// A path as Git writes it (`quote_c_style` with `core.quotePath` on): in double quotes with escapes as in C, if any of
    /// its bytes needs that, else as it is.
    public static func quoted(_ path: [UInt8]) -> [UInt8] {
        guard path.contains(where: needsQuoting) else { return path }
        var text = [UInt8(ascii: "\"")]
        for byte in path {
            guard needsQuoting(byte) else {
                text.append(byte)
                continue
            }
            text.append(UInt8(ascii: "\\"))
            switch byte {
            case 7: text.append(UInt8(ascii: "a"))
            case 8: text.append(UInt8(ascii: "b"))
            case 9: text.append(UInt8(ascii: "t"))
            case 10: text.append(UInt8(ascii: "n"))
            case 11: text.append(UInt8(ascii: "v"))
            case 12: text.append(UInt8(ascii: "f"))
            case 13: text.append(UInt8(ascii: "r"))
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(byte)
            default: text += [48 + (byte >> 6), 48 + (byte >> 3 & 7), 48 + (byte & 7)]
            }
        }
        return text + [UInt8(ascii: "\"")]
    }

    private static func needsQuoting(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte >= 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}
