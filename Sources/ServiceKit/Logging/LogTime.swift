internal import Foundation
internal import Glibc

/// A time for people: UTC with milliseconds, as RFC 3339 writes it.
struct LogTime: CustomStringConvertible {
    /// Since 1970, without leap seconds.
    var seconds: Int
    var milliseconds: Int

    init(seconds: Int, milliseconds: Int) {
        self.seconds = seconds
        self.milliseconds = milliseconds
    }

    /// The wall clock. For showing only; nothing decides by it.
    static func now() -> LogTime {
        let milliseconds = Int(Date().timeIntervalSince1970 * 1000)
        return LogTime(seconds: milliseconds / 1000, milliseconds: milliseconds % 1000)
    }

    var description: String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let date =
            "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
        let clock = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
        return "\(date)T\(clock).\(padded(milliseconds, 3))Z"
    }
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
