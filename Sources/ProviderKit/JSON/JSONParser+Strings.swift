/// A string that was checked: what stands between its quotation marks.
struct JSONText {
    var range: Range<Int>
    var hasEscapes: Bool
}

extension JSONParser {
    /// Checks a string and steps over it.
    mutating func string() throws(JSONError) -> JSONText {
        advance()
        let start = offset
        var hasEscapes = false
        while true {
            skipPlain()
            switch next {
            case UInt8(ascii: "\""):
                advance()
                return JSONText(range: start..<offset - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try escape()
            case 0x20...0x7F: advance()
            case 0x80...0xFF: try multibyteScalar()
            default: throw failure(.syntax, "a string ends here, or has a control character that is not escaped")
            }
        }
    }

    /// Steps over plain ASCII, eight bytes at a time, as far as that is certain.
    ///
    /// The high bit of a byte of `(x - n) & ~x` is set where a byte of x is below n, and so, after an exclusive or with a
    /// character, of one that is it (Anderson, "Bit Twiddling Hacks"). A borrow may also set one without cause.
    private mutating func skipPlain() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits = ones &* 0x80
        while let word = nextEight {
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let control = (word &- ones &* 0x20) & ~word
            let special = ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | control | word
            guard special & highBits == 0 else { return }
            advance(8)
        }
    }

    private mutating func escape() throws(JSONError) {
        switch byte(at: offset + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            advance(2)
        case UInt8(ascii: "u"):
            guard codeUnit(at: offset + 2) != nil else { throw failure(.syntax, "four hex digits belong to \\u") }
            advance(6)
        default: throw failure(.syntax, "there is no such escape", at: offset + 1)
        }
    }

    /// The table of well-formed sequences (Unicode 16, table 3-7): no overlong form, no surrogate, nothing above U+10FFFF.
    private mutating func multibyteScalar() throws(JSONError) {
        let second: ClosedRange<UInt8>
        let count: Int
        switch next {
        case 0xC2...0xDF: (second, count) = (0x80...0xBF, 2)
        case 0xE0: (second, count) = (0xA0...0xBF, 3)
        case 0xED: (second, count) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, count) = (0x80...0xBF, 3)
        case 0xF0: (second, count) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, count) = (0x80...0xBF, 4)
        case 0xF4: (second, count) = (0x80...0x8F, 4)
        default: throw failure(.encoding, "this is not UTF-8")
        }
        guard second.contains(byte(at: offset + 1)) else { throw failure(.encoding, "this is not UTF-8") }
        for index in 2..<max(count, 2) where !(0x80...0xBF).contains(byte(at: offset + index)) {
            throw failure(.encoding, "this is not UTF-8")
        }
        advance(count)
    }

    /// Four hex digits.
    private func codeUnit(at offset: Int) -> UInt16? {
        var value: UInt16 = 0
        for index in 0..<4 {
            let digit = byte(at: offset + index)
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }

    /// The text of a string that was checked.
    func makeString(_ text: JSONText) -> String {
        guard text.hasEscapes else { return String(decoding: slice(text.range), as: UTF8.self) }
        var output: [UInt8] = []
        output.reserveCapacity(text.range.count)
        var place = text.range.lowerBound
        while place < text.range.upperBound {
            guard byte(at: place) == UInt8(ascii: "\\") else {
                output.append(byte(at: place))
                place += 1
                continue
            }
            if byte(at: place + 1) == UInt8(ascii: "u") {
                place += append(scalarAt: place, to: &output)
            } else {
                output.append(Self.character(escapedAs: byte(at: place + 1)))
                place += 2
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends what `\uXXXX`, or two of them that are a pair, stand for.
    ///
    /// - Returns: how many bytes that takes up.
    private func append(scalarAt place: Int, to output: inout [UInt8]) -> Int {
        let first = codeUnit(at: place + 2) ?? 0xFFFD
        if UTF16.isLeadSurrogate(first), byte(at: place + 6) == UInt8(ascii: "\\"),
            byte(at: place + 7) == UInt8(ascii: "u"), let second = codeUnit(at: place + 8),
            UTF16.isTrailSurrogate(second)
        {
            let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
            output.append(contentsOf: String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
            return 12
        }
        output.append(contentsOf: String(Unicode.Scalar(first) ?? "\u{FFFD}").utf8)
        return 6
    }

    private static func character(escapedAs letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter  // A quotation mark, a backslash or a slash stands for itself.
        }
    }
}
