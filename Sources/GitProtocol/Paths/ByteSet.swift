/// A set of bytes: 256 bits.
struct ByteSet: Equatable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static let all: ByteSet = {
        var set = ByteSet()
        set.invert()
        return set
    }()

    static func == (left: ByteSet, right: ByteSet) -> Bool { left.words == right.words }

    func contains(_ byte: UInt8) -> Bool {
        let bit: UInt64 = 1 << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: return words.0 & bit != 0
        case 1: return words.1 & bit != 0
        case 2: return words.2 & bit != 0
        default: return words.3 & bit != 0
        }
    }

    mutating func insert(_ byte: UInt8) {
        let bit: UInt64 = 1 << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    mutating func remove(_ byte: UInt8) {
        invert()
        insert(byte)
        invert()
    }

    mutating func invert() {
        words = (~words.0, ~words.1, ~words.2, ~words.3)
    }
}

/// The members of a bracket expression, gathered one by one; what they cover where case is ignored is Git's rule: the
/// text's byte is made lower case, single members are not, ranges are tried with both cases.
struct ByteClass {
    private let ignoresCase: Bool
    private var exact = ByteSet()
    private var ranges = ByteSet()

    init(ignoresCase: Bool) {
        self.ignoresCase = ignoresCase
    }

    mutating func insert(_ byte: UInt8) { exact.insert(byte) }

    mutating func insert(_ low: UInt8, through high: UInt8) {
        guard low <= high else { return }
        for byte in low...high { ranges.insert(byte) }
    }

    /// - Returns: false where no class has the name.
    mutating func insert(named name: ArraySlice<UInt8>) -> Bool {
        let test: (UInt8) -> Bool
        switch String(decoding: name, as: UTF8.self) {
        case "alnum": test = { isLetter($0) || isDigit($0) }
        case "alpha": test = isLetter
        case "blank": test = { $0 == 0x20 || $0 == 0x09 }
        case "cntrl": test = { $0 < 0x20 || $0 == 0x7f }
        case "digit": test = isDigit
        case "graph": test = { $0 > 0x20 && $0 < 0x7f }
        case "lower": test = isLower
        case "print": test = { $0 >= 0x20 && $0 < 0x7f }
        case "punct": test = { $0 > 0x20 && $0 < 0x7f && !isLetter($0) && !isDigit($0) }
        case "space": test = { $0 == 0x20 || $0 >= 0x09 && $0 <= 0x0d }
        case "upper": test = { [ignoresCase] in isUpper($0) || ignoresCase && isLower($0) }
        case "xdigit": test = { hexValue($0) != nil }
        default: return false
        }
        for byte in UInt8.min ... .max where test(byte) { exact.insert(byte) }
        return true
    }

    /// Every byte that the class takes.
    var set: ByteSet {
        var set = ByteSet()
        for byte in UInt8.min ... .max {
            let folded = ignoresCase ? lowercased(byte) : byte
            if exact.contains(folded) || ranges.contains(folded)
                || ignoresCase && isLower(folded) && ranges.contains(folded - 32)
            {
                set.insert(byte)
            }
        }
        return set
    }
}

private func isUpper(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
private func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
private func isLetter(_ byte: UInt8) -> Bool { isUpper(byte) || isLower(byte) }
private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
