internal import ServiceKit

/// Looks for room in the range of ports that services listen on.
struct PortsCheck {
    let range: PortRange
    let address: String

    /// Fewer than this many free ports are worth a warning: each instance takes one, and an upgrade one more for a while.
    static let comfortable = 10

    func finding() -> Finding {
        let free = range.ports.count { LocalPort.isFree($0, on: address) }
        return Self.finding(free: free, range: range, address: address)
    }

    static func finding(free: Int, range: PortRange, address: String) -> Finding {
        let subject = "ports \(range)"
        let words = "\(free) of \(range.ports.count) are free on \(address)"
        let remedy = "widen HEADFRAME_PORTS, or end what else listens there (ss -ltnp)"
        if free == 0 { return .fail(subject, words + ": no service can start", mend: remedy) }
        if free < min(comfortable, range.ports.count) { return .warn(subject, words, mend: remedy) }
        return .ok(subject, words)
    }
}
