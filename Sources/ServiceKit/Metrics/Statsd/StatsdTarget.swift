/// The statsd server that the metrics are sent to, and how many of them.
public struct StatsdTarget: Sendable, Equatable, CustomStringConvertible {
    /// The rates that servers are known to read, and that leave something to count.
    public static let rates = 0.001...1.0

    /// The name or the address of its host.
    public let host: String
    /// Its UDP port, usually 8125.
    public let port: UInt16
    /// The share of counter increments and durations that is sent: 0.1 is one of ten, drawn at random, which the server makes
    /// up for. Gauges are always sent.
    public let rate: Double

    /// Makes a target; `rate` is within ``rates``.
    public init(host: String, port: UInt16, rate: Double = 1) {
        precondition(Self.rates.contains(rate), "a sample rate is from 0.001 to 1")
        self.host = host
        self.port = port
        self.rate = rate
    }

    /// `host:port`, and `?rate=0.1` where not everything is sent.
    public var description: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return "\(host):\(port)" + (rate == 1 ? "" : "?rate=\(rate)")
    }
}

extension SettingType where Value == StatsdTarget {
    /// `HOST:PORT`, or `HOST:PORT?rate=RATE`; an IPv6 address stands in brackets.
    public static var statsd: Self {
        .init("HOST:PORT", describe: { $0.description }) { text throws(InvalidSetting) in
            let remedy = "give HOST:PORT such as 127.0.0.1:8125, or 127.0.0.1:8125?rate=0.1 to send one event of ten"
            guard !text.contains("://") else {
                throw InvalidSetting("has a scheme, and statsd is always UDP; \(remedy)")
            }
            let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            guard let colon = parts[0].lastIndex(of: ":") else { throw InvalidSetting("has no port; \(remedy)") }
            let given = parts[0][..<colon]
            guard !given.isEmpty else { throw InvalidSetting("has no host; \(remedy)") }
            let host = try SettingType<String>.host("HOST").parse(String(given))
            guard !given.contains(":") || host != given else {
                throw InvalidSetting("an IPv6 address stands in brackets; give [::1]:8125")
            }
            guard let port = UInt16(parts[0][colon...].dropFirst()), port > 0 else {
                throw InvalidSetting("the port is not a number from 1 to 65535; \(remedy)")
            }
            guard parts.count == 2 else { return StatsdTarget(host: host, port: port) }
            guard parts[1].hasPrefix("rate="), let rate = Double(parts[1].dropFirst("rate=".count)),
                StatsdTarget.rates.contains(rate)
            else {
                throw InvalidSetting("what follows the question mark is no rate from 0.001 to 1; \(remedy)")
            }
            return StatsdTarget(host: host, port: port, rate: rate)
        }
    }
}
