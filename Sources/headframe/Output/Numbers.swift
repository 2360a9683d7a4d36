internal import Foundation

/// Numbers for people.
enum Decimals {
    /// With so many digits behind the point.
    static func text(_ number: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", number) }

    /// With four significant digits and no more zeros than needed.
    static func significant(_ number: Double) -> String { String(format: "%.4g", number) }
}

/// Hashes a second.
enum HashRate {
    /// `4.31 kH/s`.
    static func text(_ rate: Double) -> String {
        let units = ["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s"]
        var (number, unit) = (rate, 0)
        while number >= 1000, unit < units.count - 1 { (number, unit) = (number / 1000, unit + 1) }
        return "\(Decimals.text(number, unit == 0 ? 0 : 2)) \(units[unit])"
    }
}
