/// What a proxy says of a connection before its first byte: the PROXY protocol, versions 1 and 2, of HAProxy
/// (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
struct ProxyHeader: Sendable, Hashable {
    /// Where the connection comes from; nil when the proxy speaks for itself (a health check) or does not know: then the
    /// connection's own address counts.
    var source: Endpoint?
    /// The proxy's unique id of the connection (version 2, `PP2_TYPE_UNIQUE_ID`), at most 128 bytes.
    var uniqueID: [UInt8]?

    /// An address with a port.
    struct Endpoint: Sendable, Hashable {
        var address: IPAddress
        var port: UInt16
    }

    /// What the first bytes of a connection are.
    enum Decoded: Sendable, Hashable {
        /// They may become a header.
        case incomplete
        /// They are no header, and will not become one.
        case absent
        /// A header, of so many bytes.
        case header(ProxyHeader, length: Int)
    }

    /// The longest header that is taken, in bytes; version 1 ends at 107 anyway.
    static let lengthLimit = 4096

    /// Looks at the first bytes of a connection.
    ///
    /// - Throws: When it is a header and a wrong one.
    static func decode(_ bytes: [UInt8]) throws(ProxyHeaderError) -> Decoded {
        if bytes.starts(with: signature) { return try decodeBinary(bytes) }
        if bytes.starts(with: word) { return try decodeText(bytes) }
        let mayBecomeOne = signature.starts(with: bytes) || word.starts(with: bytes)
        return mayBecomeOne ? .incomplete : .absent
    }

    /// How both versions are told from everything else.
    static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
    private static let word = Array("PROXY ".utf8)

    /// The unique id as text: itself where it is printable, in hexadecimal otherwise.
    var uniqueIDText: String? {
        uniqueID.map { bytes in
            if bytes.allSatisfy({ (0x21...0x7e).contains($0) }) { return String(decoding: bytes, as: UTF8.self) }
            return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }
}

/// What is wrong with a PROXY header.
struct ProxyHeaderError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, for the log.
    let description: String

    init(_ description: String) { self.description = description }
}

// MARK: - Version 1

extension ProxyHeader {
    private static let textLimit = 107

    /// `PROXY TCP4 192.0.2.1 192.0.2.2 56324 3333\r\n`
    private static func decodeText(_ bytes: [UInt8]) throws(ProxyHeaderError) -> Decoded {
        guard let end = bytes.prefix(textLimit).firstIndex(of: 0x0a) else {
            guard bytes.count < textLimit else {
                throw ProxyHeaderError("longer than \(textLimit) bytes without a line end")
            }
            return .incomplete
        }
        guard bytes[end - 1] == 0x0d else { throw ProxyHeaderError("its line does not end with CR LF") }
        let words = String(decoding: bytes[..<(end - 1)], as: UTF8.self)
            .split(separator: " ", omittingEmptySubsequences: false)
        if words[1] == "UNKNOWN" { return .header(ProxyHeader(), length: end + 1) }
        guard words.count == 6 else { throw ProxyHeaderError("\(words.count) words instead of 6") }
        let family = ["TCP4": 4, "TCP6": 16][words[1]]
        guard let family else { throw ProxyHeaderError("the family is none of TCP4, TCP6 and UNKNOWN") }
        guard let address = try endpoint(words[2], words[4], family: family) else {
            throw ProxyHeaderError("no source address and port")
        }
        guard try endpoint(words[3], words[5], family: family) != nil else {
            throw ProxyHeaderError("no destination address and port")
        }
        return .header(ProxyHeader(source: address), length: end + 1)
    }

    private static func endpoint(
        _ address: Substring, _ port: Substring, family: Int
    ) throws(ProxyHeaderError) -> Endpoint? {
        guard let number = UInt16(port), String(number) == port, let parsed = IPAddress(address) else { return nil }
        guard (family == 16) == address.contains(":") else { throw ProxyHeaderError("an address of the other family") }
        return Endpoint(address: parsed, port: number)
    }
}

// MARK: - Version 2

extension ProxyHeader {
    private enum FieldType {
        static let checksum: UInt8 = 0x03
        static let uniqueID: UInt8 = 0x05
    }

    private static func decodeBinary(_ bytes: [UInt8]) throws(ProxyHeaderError) -> Decoded {
        guard bytes.count >= 16 else { return .incomplete }
        guard bytes[12] >> 4 == 2 else { throw ProxyHeaderError("version \(bytes[12] >> 4) instead of 2") }
        let length = 16 + Int(bytes[14]) << 8 + Int(bytes[15])
        guard length <= lengthLimit else { throw ProxyHeaderError("\(length) bytes, at most \(lengthLimit) are taken") }
        guard bytes.count >= length else { return .incomplete }
        let header = Array(bytes[..<length])
        let addressLength = try self.addressLength(family: header[13])
        guard 16 + addressLength <= length else { throw ProxyHeaderError("shorter than its addresses") }
        var decoded = ProxyHeader()
        switch header[12] & 0x0f {
        case 0: break
        case 1: decoded.source = source(header, addressLength: addressLength)
        default: throw ProxyHeaderError("neither LOCAL nor PROXY")
        }
        try decoded.readFields(header, from: 16 + addressLength)
        return .header(decoded, length: length)
    }

    /// The bytes that a family's addresses take.
    private static func addressLength(family: UInt8) throws(ProxyHeaderError) -> Int {
        switch family >> 4 {
        case 0: 0
        case 1: 12
        case 2: 36
        case 3: 216
        default: throw ProxyHeaderError("the address family \(family >> 4) is unknown")
        }
    }

    private static func source(_ header: [UInt8], addressLength: Int) -> Endpoint? {
        // Of unix sockets and unspecified families nothing is used.
        guard addressLength == 12 || addressLength == 36 else { return nil }
        let size = (addressLength - 4) / 2
        guard let address = IPAddress(bytes: header[16..<(16 + size)]) else { return nil }
        let port = 16 + 2 * size
        return Endpoint(address: address, port: UInt16(header[port]) << 8 | UInt16(header[port + 1]))
    }

    private mutating func readFields(_ header: [UInt8], from start: Int) throws(ProxyHeaderError) {
        var offset = start
        while offset < header.count {
            guard offset + 3 <= header.count else { throw ProxyHeaderError("a field without a length") }
            let size = Int(header[offset + 1]) << 8 + Int(header[offset + 2])
            let value = offset + 3..<offset + 3 + size
            guard value.upperBound <= header.count else { throw ProxyHeaderError("a field that ends after the header") }
            switch header[offset] {
            case FieldType.uniqueID:
                guard size <= 128 else {
                    throw ProxyHeaderError("a unique id of \(size) bytes, at most 128 are allowed")
                }
                uniqueID = Array(header[value])
            case FieldType.checksum:
                try Self.verifyChecksum(header, at: value)
            default: break
            }
            offset = value.upperBound
        }
    }

    /// CRC-32C over the whole header with the checksum's own bytes as zeros.
    private static func verifyChecksum(_ header: [UInt8], at place: Range<Int>) throws(ProxyHeaderError) {
        guard place.count == 4 else { throw ProxyHeaderError("a checksum of \(place.count) bytes instead of 4") }
        let expected = header[place].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var zeroed = header
        zeroed.replaceSubrange(place, with: [0, 0, 0, 0])
        guard checksum(zeroed) == expected else { throw ProxyHeaderError("its checksum is wrong") }
    }

    /// CRC-32C (RFC 3720, appendix B.4).
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0x82f6_3b78 : 0) }
        }
    }
}
