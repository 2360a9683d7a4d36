/// A moment as MessagePack's timestamp extension (type -1) holds it: seconds since 1970 in UTC, and nanoseconds.
public struct MessagePackTimestamp: Sendable, Hashable, Comparable {
    /// The extension type of timestamps.
    static let extType: Int8 = -1

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    public let seconds: Int64

    /// Nanoseconds on top of `seconds`, 0 to 999 999 999.
    public let nanoseconds: UInt32

    /// Creates a timestamp; `nanoseconds` of a second or more trap.
    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        precondition(nanoseconds < 1_000_000_000, "nanoseconds must be below a second")
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Orders by time.
    public static func < (left: Self, right: Self) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// Reads the inside of an extension of type -1, which began at `offset` of its message.
    init(extBytes bytes: UnsafeRawBufferPointer, at offset: Int) throws(MessagePackError) {
        let seconds: Int64
        let nanoseconds: UInt32
        switch bytes.count {
        case 4:
            seconds = Int64(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
            nanoseconds = 0
        case 8:
            let both = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
            seconds = Int64(both & (1 << 34 - 1))
            nanoseconds = UInt32(both >> 34)
        case 12:
            nanoseconds = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
            seconds = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: Int64.self))
        default:
            throw MessagePackError(
                .invalidTimestamp, "a timestamp has 4, 8 or 12 bytes, this one \(bytes.count)", offset: offset)
        }
        guard nanoseconds < 1_000_000_000 else {
            throw MessagePackError(
                .invalidTimestamp, "a timestamp with \(nanoseconds) nanoseconds, which is a second or more",
                offset: offset)
        }
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }
}

extension MessagePackTimestamp: CustomStringConvertible {
    /// The time as RFC 3339 text in UTC, with as many decimals as it takes: `2026-11-21T01:23:30.5Z`.
    public var description: String {
        let (day, second) = seconds.flooredQuotientAndRemainder(dividingBy: 86_400)
        let (year, month, dayOfMonth) = Self.civil(day)
        let clock = [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, to: 2) }
        var text = "\(Self.padded(year, to: 4))-\(Self.padded(month, to: 2))-\(Self.padded(dayOfMonth, to: 2))T"
        text += clock.joined(separator: ":")
        if nanoseconds > 0 {
            var decimals = Self.padded(Int64(nanoseconds), to: 9)
            while decimals.hasSuffix("0") { decimals.removeLast() }
            text += "." + decimals
        }
        return text + "Z"
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

    private static func padded(_ number: Int64, to width: Int) -> String {
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
