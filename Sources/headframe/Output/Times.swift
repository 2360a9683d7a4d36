internal import Foundation

/// Times for people. Nothing is decided by them.
enum Times {
    /// The wall clock in UTC with milliseconds: `2026-11-21T01:23:30.512Z`.
    static func iso8601(_ date: Date = Date()) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// A duration in its two largest units: `3m 12s`.
    static func brief(_ duration: Duration) -> String {
        let seconds = Int(duration / .seconds(1))
        switch seconds {
        case ..<0: return "0s"
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m \(seconds % 60)s"
        case ..<86_400: return "\(seconds / 3600)h \(seconds / 60 % 60)m"
        default: return "\(seconds / 86_400)d \(seconds / 3600 % 24)h"
        }
    }

    /// Milliseconds with three decimals: `0.412 ms`.
    static func milliseconds(_ duration: Duration) -> String {
        String(format: "%.3f ms", duration / .milliseconds(1))
    }
}
