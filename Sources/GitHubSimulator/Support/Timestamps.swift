/// Writes moments as GitHub's answers and HTTP's headers have them.
enum Timestamps {
    /// `2024-11-25T01:00:02Z`, from seconds since 1970.
    static func iso(_ seconds: Int64) -> String {
        let moment = Moment(seconds)
        return "\(moment.year)-\(two(moment.month))-\(two(moment.day))T\(moment.clock)Z"
    }

    /// `Mon, 25 Nov 2024 01:00:02 GMT` (RFC 9110, 5.6.7), from seconds since 1970.
    static func http(_ seconds: Int64) -> String {
        let moment = Moment(seconds)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // 1970 began on a Thursday.
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        return
            "\(days[moment.weekday]), \(two(moment.day)) \(months[moment.month - 1]) \(moment.year) \(moment.clock) GMT"
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }

    private struct Moment {
        let year, month, day, weekday: Int
        let clock: String

        /// Hinnant's `civil_from_days`: years are counted from March, so that a leap day is a year's last.
        init(_ seconds: Int64) {
            let days = Int(seconds.quotientAndRemainder(dividingBy: 86_400).quotient)
            let second = Int(seconds) - days * 86_400
            let shifted = days + 719_468
            let era = shifted / 146_097
            let dayOfEra = shifted - era * 146_097
            let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
            let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let marchMonth = (5 * dayOfYear + 2) / 153
            day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
            month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
            year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
            weekday = days % 7
            clock = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
        }
    }
}
