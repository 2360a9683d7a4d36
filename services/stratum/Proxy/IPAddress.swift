internal import Glibc

/// An IPv4 or IPv6 address. An IPv4 address in IPv6's clothes (`::ffff:1.2.3.4`) is the IPv4 address.
struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes, as on the wire.
    let bytes: [UInt8]

    /// The address of 4 or 16 bytes; nil for any other number.
    init?(bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes.starts(with: Self.mappedPrefix) && bytes.count == 16 ? Array(bytes[12...]) : bytes
    }

    /// Reads `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`; nil for anything else, names included.
    init?(_ text: some StringProtocol) {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let plain = isBracketed ? String(text.dropFirst().dropLast()) : String(text)
        var (version4, version6) = (in_addr(), in6_addr())
        if !isBracketed, inet_pton(AF_INET, plain, &version4) == 1 {
            self.init(bytes: withUnsafeBytes(of: version4) { Array($0) })
        } else if inet_pton(AF_INET6, plain, &version6) == 1 {
            self.init(bytes: withUnsafeBytes(of: version6) { Array($0) })
        } else {
            return nil
        }
    }

    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

    /// What limits and bans are counted by: an IPv4 address itself, an IPv6 address' /64, which is one customer's.
    var household: IPAddress {
        bytes.count == 4 ? self : IPAddress(unchecked: bytes.prefix(8) + [UInt8](repeating: 0, count: 8))
    }

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// The usual notation, without brackets.
    var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        _ = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(INET6_ADDRSTRLEN)) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A network: the addresses that have their first bits in common (CIDR).
struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    private let base: IPAddress
    private let bits: Int

    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or an address that stands for itself; nil for anything else.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let base = IPAddress(parts[0]) else { return nil }
        self.base = base
        guard parts.count == 2 else {
            bits = base.bytes.count * 8
            return
        }
        guard let bits = UInt8(parts[1]), bits <= base.bytes.count * 8 else { return nil }
        self.bits = Int(bits)
    }

    /// Whether the address is in the network.
    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let (whole, rest) = bits.quotientAndRemainder(dividingBy: 8)
        guard base.bytes.prefix(whole) == address.bytes.prefix(whole) else { return false }
        return rest == 0 || (base.bytes[whole] ^ address.bytes[whole]) >> (8 - rest) == 0
    }

    /// `10.0.0.0/8`.
    var description: String { "\(base)/\(bits)" }

    /// Networks, separated by commas; nil when one of them is none.
    static func list(_ text: String) -> [AddressRange]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let ranges = parts.compactMap { AddressRange($0.filter { $0 != " " }) }
        return ranges.count == parts.count ? ranges : nil
    }
}
