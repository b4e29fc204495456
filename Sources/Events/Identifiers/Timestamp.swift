/// A moment: microseconds since 1970-01-01T00:00:00Z. Engine code is handed moments; it never asks a clock itself.
public struct Timestamp: Sendable, Hashable, Comparable {
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(seconds: Int64) { microseconds = seconds * 1_000_000 }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { Self.floorDivide(microseconds, 1_000_000).quotient }

    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// This moment `seconds` later.
    public func adding(seconds: Double) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(seconds * 1_000_000))
    }

    static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension Timestamp {
    /// RFC 3339 in UTC; with six digits of fraction unless they are zero: `2026-03-01T12:00:00.250000Z`.
    public var rfc3339: String {
        let (days, microsecondOfDay) = Self.floorDivide(microseconds, 86_400_000_000)
        let (year, month, day) = Self.civil(fromDays: days)
        let (second, fraction) = microsecondOfDay.quotientAndRemainder(dividingBy: 1_000_000)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let date = "\(Self.padded(year, 4))-\(two(month))-\(two(day))"
        let time = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
        return "\(date)T\(time)\(fraction == 0 ? "" : "." + Self.padded(fraction, 6))Z"
    }

    /// Reads RFC 3339: date, `T` or a space, time, fraction of up to nine digits (the rest than microseconds is
    /// dropped), `Z` or an offset. A date alone is its midnight in UTC. Nil for anything else.
    public init?(rfc3339 text: some StringProtocol) {
        var scanner = DigitScanner(Array(text.utf8))
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"),
            let day = scanner.number(2), (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day)
        else { return nil }
        var microseconds = Self.days(fromYear: year, month: month, day: day) * 86_400_000_000
        guard !scanner.isAtEnd else {
            self.microseconds = microseconds
            return
        }
        guard scanner.take("T") || scanner.take("t") || scanner.take(" "),
            let hour = scanner.number(2), scanner.take(":"), let minute = scanner.number(2), scanner.take(":"),
            let second = scanner.number(2), hour < 24, minute < 60, second <= 60
        else { return nil }
        microseconds += (hour * 3600 + minute * 60 + second) * 1_000_000
        if scanner.take(".") {
            guard let fraction = scanner.microsecondFraction() else { return nil }
            microseconds += fraction
        }
        if !(scanner.take("Z") || scanner.take("z")) {
            let isAhead = scanner.take("+")
            guard isAhead || scanner.take("-"), let hours = scanner.number(2), scanner.take(":"),
                let minutes = scanner.number(2), hours < 24, minutes < 60
            else { return nil }
            let offset = (hours * 3600 + minutes * 60) * 1_000_000
            microseconds += isAhead ? -offset : offset
        }
        guard scanner.isAtEnd else { return nil }
        self.microseconds = microseconds
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    // The proleptic Gregorian calendar in eras of 400 years that begin on 1 March, so that leap days come last.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func days(fromYear year: Int64, month: Int64, day: Int64) -> Int64 {
        let (era, yearOfEra) = floorDivide(month <= 2 ? year - 1 : year, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        return switch month {
        case 2: isLeap ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

private struct DigitScanner {
    private let text: [UInt8]
    private var index = 0

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { index == text.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < text.count, text[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func digit() -> Int64? {
        guard index < text.count, (48...57).contains(text[index]) else { return nil }
        defer { index += 1 }
        return Int64(text[index] - 48)
    }

    mutating func number(_ width: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<width {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    mutating func microsecondFraction() -> Int64? {
        var value: Int64 = 0
        var scale: Int64 = 1_000_000
        var count = 0
        while let digit = digit() {
            count += 1
            scale /= 10
            value += digit * scale
        }
        return (1...9).contains(count) ? value : nil
    }
}
