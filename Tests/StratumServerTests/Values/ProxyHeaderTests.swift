internal import TestSupport
internal import Testing

@testable internal import stratum

@Suite struct ProxyHeaderTests {
    private func decode(_ text: String) throws -> ProxyHeader.Decoded { try ProxyHeader.decode(Array(text.utf8)) }

    private func source(_ address: String, _ port: UInt16) throws -> ProxyHeader.Endpoint {
        ProxyHeader.Endpoint(address: try #require(IPAddress(address)), port: port)
    }

    // MARK: Version 1

    @Test func aLineNamesTheSource() throws {
        let line = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 3333\r\n"
        #expect(
            try decode(line + #"{"id":1}"#)
                == .header(ProxyHeader(source: try source("192.0.2.7", 56324)), length: line.utf8.count))
        let six = "PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n"
        #expect(
            try decode(six) == .header(ProxyHeader(source: try source("2001:db8::7", 1)), length: six.utf8.count))
    }

    @Test(arguments: ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"])
    func anUnknownSourceIsTheConnectionsOwn(_ line: String) throws {
        #expect(try decode(line) == .header(ProxyHeader(), length: line.utf8.count))
    }

    @Test func everyBeginningIsIncomplete() throws {
        for bytes in [Array("PROXY TCP4 192.0.2.7 198.51.100.1 56324 3333\r\n".utf8), proxyV2(source: [1, 2, 3, 4])] {
            for length in 0..<bytes.count { #expect(try ProxyHeader.decode(Array(bytes[..<length])) == .incomplete) }
        }
    }

    @Test(arguments: ["{", "PROXI", "P ", "\r\n\r\n ", "GET / HTTP/1.1\r\n", "proxy TCP4"])
    func otherBytesAreNoHeader(_ text: String) throws {
        #expect(try decode(text) == .absent)
    }

    @Test(arguments: [
        "PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n", "PROXY TCP4 192.0.2.7 198.51.100.1 56324 3333 9\r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.1 56324 3333\r\n", "PROXY TCP4 192.0.2.7 198.51.100.1 65536 3333\r\n",
        "PROXY TCP4 192.0.2.7 198.51.100.1 +1 3333\r\n", "PROXY TCP4 192.0.2.7 198.51.100.1 01 3333\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n", "PROXY TCP6 192.0.2.7 192.0.2.8 1 2\r\n", "PROXY UDP4 1.1.1.1 1.1.1.1 1 2\r\n",
        "PROXY TCP4 192.0.2.7 198.51.100.1 56324 3333\n", "PROXY \r\n",
    ])
    func aWrongLineIsAnError(_ line: String) {
        #expect(throws: ProxyHeaderError.self) { try decode(line) }
    }

    @Test func aLineWithoutEndIsAnError() {
        #expect(throws: ProxyHeaderError.self) { try decode("PROXY " + String(repeating: "1", count: 102)) }
    }

    // MARK: Version 2

    private func header(_ body: [UInt8], _ command: UInt8 = 0x21, _ family: UInt8 = 0x11) -> [UInt8] {
        ProxyHeader.signature + [command, family, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
    }

    private let addresses: [UInt8] = [192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 0x04, 0x0d, 0x05]

    @Test func bytesNameTheSourceAndTheUniqueID() throws {
        let fields: [UInt8] = [0x04, 0, 2, 0, 0, 0x05, 0, 3, 0x61, 0x62, 0x63, 0xe0, 0, 1, 9]
        let bytes = header(addresses + fields)
        let expected = ProxyHeader(source: try source("192.0.2.7", 56324), uniqueID: [0x61, 0x62, 0x63])
        #expect(try ProxyHeader.decode(bytes + [1, 2, 3]) == .header(expected, length: bytes.count))
        #expect(expected.uniqueIDText == "abc")
        #expect(ProxyHeader(uniqueID: [0, 0xff]).uniqueIDText == "00ff")
    }

    @Test func sixteenBytesAreAnIPv6Address() throws {
        let address: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]
        let bytes = header(address + address + [0, 1, 0, 2], 0x21, 0x21)
        #expect(
            try ProxyHeader.decode(bytes)
                == .header(ProxyHeader(source: try source("2001:db8::9", 1)), length: bytes.count))
    }

    @Test func aProxyThatSpeaksForItselfNamesNoSource() throws {
        for bytes in [header([], 0x20, 0x00), header(addresses, 0x20, 0x11), header([], 0x21, 0x00)] {
            #expect(try ProxyHeader.decode(bytes) == .header(ProxyHeader(), length: bytes.count))
        }
    }

    @Test func theChecksumIsVerified() throws {
        // "123456789" is the check value of CRC-32C.
        #expect(ProxyHeader.checksum(Array("123456789".utf8)) == 0xe306_9283)
        let zeroed = header(addresses + [0x03, 0, 4, 0, 0, 0, 0])
        let sum = ProxyHeader.checksum(zeroed)
        let right = header(addresses + [0x03, 0, 4] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) })
        #expect(
            try ProxyHeader.decode(right)
                == .header(ProxyHeader(source: try source("192.0.2.7", 56324)), length: right.count))
        #expect(throws: ProxyHeaderError.self) { try ProxyHeader.decode(zeroed) }
    }

    @Test func wrongBytesAreAnError() {
        let wrong = [
            header(addresses, 0x11, 0x11), header(addresses, 0x22, 0x11), header(addresses, 0x21, 0x41),
            header(Array(addresses.dropLast()), 0x21, 0x11), header(addresses + [0x05]),
            header(addresses + [0x05, 0, 4, 1]), header(addresses + [0x03, 0, 1, 1]),
            header(addresses + [0x05, 0, 129] + [UInt8](repeating: 1, count: 129)),
            ProxyHeader.signature + [0x21, 0x11, 0x10, 0x00],
        ]
        for bytes in wrong { #expect(throws: ProxyHeaderError.self) { try ProxyHeader.decode(bytes) } }
    }

    @Test func noBytesAtAllEndTheProcess() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = header(addresses + (0..<Int.random(in: 0...40)).map { _ in UInt8.random(in: 0...255) })
            for _ in 0..<Int.random(in: 0...3) { bytes[Int.random(in: 12..<bytes.count)] = random.next() }
            _ = try? ProxyHeader.decode(Array(bytes.prefix(.random(in: 0...bytes.count))))
            let text =
                "PROXY "
                + (0..<20).map { _ in ["TCP4", " ", "1.2.3.4", "9", "\r", "\n", "é"].randomElement() ?? "" }.joined()
            _ = try? decode(text)
        }
    }
}
