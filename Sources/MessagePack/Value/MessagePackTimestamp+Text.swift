extension MessagePackTimestamp: LosslessStringConvertible {
    /// The time as RFC 3339 text in UTC, with as many decimals as it takes: `2026-11-21T01:23:30.5Z`.
    public var description: String {
        let (day, second) = seconds.flooredQuotientAndRemainder(dividingBy: 86_400)
        let (year, month, dayOfMonth) = Self.civil(day)
        let date = [padded(year, to: 4), padded(month, to: 2), padded(dayOfMonth, to: 2)].joined(separator: "-")
        let clock = [second / 3600, second / 60 % 60, second % 60].map { padded($0, to: 2) }.joined(separator: ":")
        guard nanoseconds > 0 else { return "\(date)T\(clock)Z" }
        var decimals = padded(Int64(nanoseconds), to: 9)
        while decimals.hasSuffix("0") { decimals.removeLast() }
        return "\(date)T\(clock).\(decimals)Z"
    }

    /// Reads what ``description`` writes, for the years 0 to 9999; nil for anything else.
    public init?(_ text: String) {
        let pattern = /(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z/
        guard let match = text.wholeMatch(of: pattern)?.output else { return nil }
        let fields = [match.1, match.2, match.3, match.4, match.5, match.6].compactMap { Int64($0) }
        guard fields.count == 6, fields[3] < 24, fields[4] < 60, fields[5] < 60 else { return nil }
        let day = Self.dayNumber(year: fields[0], month: fields[1], day: fields[2])
        // A month or day that does not exist comes back as another one.
        guard Self.civil(day) == (fields[0], fields[1], fields[2]) else { return nil }
        let decimals = match.7.map(String.init) ?? ""
        let nanoseconds = UInt32(decimals + String(repeating: "0", count: 9 - decimals.count)) ?? 0
        self.init(
            seconds: day * 86_400 + fields[3] * 3600 + fields[4] * 60 + fields[5], nanoseconds: nanoseconds)
    }

    /// Year, month and day of the Gregorian calendar, `day` days after 1970-01-01; after Howard Hinnant's
    /// `civil_from_days`, <https://howardhinnant.github.io/date_algorithms.html>.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (day + 719_468).flooredQuotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// How many days after 1970-01-01 a date is: `days_from_civil` of the same source.
    private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).flooredQuotientAndRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private func padded(_ number: Int64, to width: Int) -> String {
        let digits = String(number.magnitude)
        let zeros = String(repeating: "0", count: max(0, width - digits.count))
        return (number < 0 ? "-" : "") + zeros + digits
    }
}

extension Int64 {
    /// Division that rounds down, so that the remainder is never negative.
    fileprivate func flooredQuotientAndRemainder(dividingBy divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
