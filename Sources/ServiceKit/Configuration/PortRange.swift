/// The ports that a service tries for its socket, both ends included.
public struct PortRange: Sendable, Equatable, CustomStringConvertible {
    /// From the first port to the last; never 0.
    public let ports: ClosedRange<UInt16>

    /// Makes a range of ports.
    public init(_ ports: ClosedRange<UInt16>) {
        precondition(ports.lowerBound > 0, "port 0 cannot be advertised")
        self.ports = ports
    }

    /// `17000-17999`, or one number where both ends are the same.
    public var description: String {
        ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
    }
}

extension SettingType where Value == PortRange {
    /// `LOW-HIGH`, or a single port.
    public static var ports: Self {
        .init("LOW-HIGH", describe: { $0.description }) { text throws(InvalidSetting) in
            let remedy = "give LOW-HIGH such as 17000-17999"
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0.trimmingBlanks()) }
            guard (1...2).contains(ends.count), let low = ends[0], let high = ends[ends.count - 1] else {
                throw InvalidSetting("not a range of ports; \(remedy)")
            }
            guard low >= 1, high >= 1 else { throw InvalidSetting("a port is at least 1; \(remedy)") }
            guard low <= 65535, high <= 65535 else { throw InvalidSetting("a port is at most 65535; \(remedy)") }
            guard low <= high else { throw InvalidSetting("the first port is above the last; \(remedy)") }
            return PortRange(UInt16(low)...UInt16(high))
        }
    }
}

/// Where the HTTP listener for health and metrics is bound.
public enum HTTPPort: Sendable, Equatable {
    /// There is no listener.
    case off
    /// This port; 0 means any free one.
    case port(UInt16)
}

extension SettingType where Value == HTTPPort {
    /// A port, 0 for any free one, or `off`.
    public static var httpPort: Self {
        .init("PORT", describe: { $0.text }) { text throws(InvalidSetting) in
            if text.lowercased() == "off" { return .off }
            guard let port = UInt16(text) else {
                throw InvalidSetting("not a port from 0 to 65535; give a port, 0 for any free one, or off")
            }
            return .port(port)
        }
    }
}

extension HTTPPort {
    fileprivate var text: String {
        if case .port(let port) = self { "\(port)" } else { "off" }
    }
}
