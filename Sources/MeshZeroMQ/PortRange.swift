/// The TCP ports that a service may listen on, such as 17000-17999.
public struct PortRange: Sendable, Hashable, CustomStringConvertible {
    /// The ports, lowest to highest.
    public let ports: ClosedRange<UInt16>

    /// Makes a range.
    public init(_ ports: ClosedRange<UInt16>) { self.ports = ports }

    /// Reads `LOW-HIGH` or one port; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let low = UInt16(parts[0]), let high = UInt16(parts[parts.count - 1]),
            low > 0,
            low <= high
        else { return nil }
        ports = low...high
    }

    /// `LOW-HIGH`.
    public var description: String { "\(ports.lowerBound)-\(ports.upperBound)" }

    /// Every port once, beginning at a random one, so that services that start together seldom try the same.
    func fromRandomStart(using random: inout some RandomNumberGenerator) -> [UInt16] {
        let start = UInt16.random(in: ports, using: &random)
        return Array(start...ports.upperBound) + Array(ports.lowerBound..<start)
    }
}
