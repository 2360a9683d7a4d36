internal import ServiceKit
internal import Stratum

/// Where miners connect, and what connections there are given.
///
/// Text: `HOST:PORT?d=256&min=16&max=65536&rate=10&proxy=off`, every option by itself optional. The difficulties and the rate are defaults:
/// a miner's password may ask for others within `min` and `max`.
struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// An IP address.
    var host: String
    /// The port; 0 for any free one.
    var port: Int
    /// The difficulty to begin with (`d`).
    var start: Double?
    /// The lowest difficulty (`min`).
    var minimum: Double?
    /// The highest difficulty (`max`).
    var maximum: Double?
    /// How many shares a minute a connection is to send (`rate`).
    var sharesPerMinute: Double?
    /// Whether connections of proxies begin with a PROXY header here (`proxy=off` where they do not).
    var takesProxies = true

    /// `host:port`.
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Addresses, separated by commas.
    ///
    /// - Throws: `InvalidSetting` naming the part that cannot be read.
    static func list(parsing text: String) throws(InvalidSetting) -> [ListenAddress] {
        var addresses: [ListenAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            addresses.append(try ListenAddress(parsing: part.filter { $0 != " " }))
        }
        return addresses
    }

    /// Reads one address.
    init(parsing text: String) throws(InvalidSetting) {
        let parts = text.split(separator: "?", maxSplits: 1)
        guard let place = parts.first, let colon = place.lastIndex(of: ":"),
            let port = Int(place[place.index(after: colon)...]), (0...65535).contains(port),
            let address = IPAddress(place[..<colon])
        else {
            throw InvalidSetting("'\(text)' is no address; give HOST:PORT with an IP address, such as 0.0.0.0:3333")
        }
        host = address.description
        self.port = port
        for option in parts.count == 2 ? parts[1].split(separator: "&") : [] { try read(option) }
        if let minimum, let maximum, minimum > maximum {
            throw InvalidSetting("'\(text)' has a min above its max; give the lower one as min")
        }
    }

    private mutating func read(_ option: Substring) throws(InvalidSetting) {
        let pair = option.split(separator: "=", maxSplits: 1)
        let number = pair.count == 2 ? Double(pair[1]).flatMap { $0.isFinite && $0 > 0 ? $0 : nil } : nil
        switch (pair.first ?? "", number) {
        case ("d", let number?): start = number
        case ("min", let number?): minimum = number
        case ("max", let number?): maximum = number
        case ("rate", let number?): sharesPerMinute = number
        case ("proxy", nil) where pair.last == "on": takesProxies = true
        case ("proxy", nil) where pair.last == "off": takesProxies = false
        default:
            throw InvalidSetting(
                "the option '\(option)' of a listening address is none; give d, min, max or rate with a number above 0, "
                    + "or proxy=on or proxy=off")
        }
    }

    /// What connections here are given.
    func options(_ defaults: SessionOptions) -> SessionOptions {
        let bounds = defaults.vardiff.bounds
        let lowest = minimum ?? min(bounds.lowerBound, maximum ?? .infinity)
        let highest = max(maximum ?? bounds.upperBound, lowest)
        var options = defaults
        options.vardiff = VardiffOptions(
            start: start ?? defaults.vardiff.start, bounds: lowest...highest,
            sharesPerMinute: sharesPerMinute ?? defaults.vardiff.sharesPerMinute)
        options.allowedDifficulty = options.vardiff.bounds
        return options
    }
}
