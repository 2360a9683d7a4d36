internal import Mining
internal import Testing

@Suite struct UInt256Tests {
    private func number(_ hex: String) throws -> UInt256 { try #require(UInt256(hex: hex)) }

    @Test func `texts and bytes of a number agree`() throws {
        #expect(try number("1").hex == String(repeating: "0", count: 63) + "1")
        #expect(try number("aBc").hex.hasSuffix("0abc"))
        #expect(UInt256(littleEndian: [0x34, 0x12]) == (try number("1234")))
        #expect(UInt256(0x1234) == (try number("1234")))
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let number = UInt256(littleEndian: bytes)
            #expect(number.littleEndianBytes == bytes)
            #expect(UInt256(hex: number.hex) == number)
        }
    }

    @Test(arguments: ["", "x", "-1", "0x1", " 1", String(repeating: "0", count: 65)])
    func `what is no number of 256 bits is refused`(text: String) {
        #expect(UInt256(hex: text) == nil)
    }

    @Test func `the order is that of the numbers`() throws {
        var numbers = [UInt256.zero]
        for power in 0..<256 { numbers.append(try number(Self.power(power))) }
        numbers.append(.max)
        #expect(numbers.shuffled().sorted() == numbers)
        for power in 0..<256 {
            #expect(numbers[power + 1].approximation == Double(sign: .plus, exponent: power, significand: 1))
        }
    }

    private static func power(_ power: Int) -> String {
        String(1 << (power % 4), radix: 16) + String(repeating: "0", count: power / 4)
    }

    /// Source: `bignum_SetCompact` in `arith_uint256_tests.cpp` of Bitcoin Core; the last two are the private chains' first targets.
    static let compactForms: [(UInt32, String, UInt32)] = [
        (0x0000_0000, "0", 0), (0x0012_3456, "0", 0), (0x0100_3456, "0", 0), (0x0200_0056, "0", 0),
        (0x0300_0000, "0", 0), (0x0400_0000, "0", 0), (0x0112_3456, "12", 0x0112_0000),
        (0x0212_3456, "1234", 0x0212_3400), (0x0312_3456, "123456", 0x0312_3456),
        (0x0412_3456, "12345600", 0x0412_3456), (0x0500_9234, "92340000", 0x0500_9234),
        (0x2012_3456, "123456" + String(repeating: "0", count: 58), 0x2012_3456),
        (0x1e0f_ffff, "0fffff" + String(repeating: "0", count: 54), 0x1e0f_ffff),
        (0x207f_ffff, "7fffff" + String(repeating: "0", count: 58), 0x207f_ffff),
    ]

    @Test(arguments: compactForms) func `compact forms are read and written`(
        bits: UInt32, hex: String, again: UInt32
    ) throws {
        #expect(UInt256(compactBits: bits) == (try number(hex)))
        #expect(UInt256(compactBits: bits).compactBits == again)
    }

    @Test(arguments: [0x0180_3456, 0x0492_3456, 0x01fe_dcba, 0xff12_3456, 0x2300_0001, 0x2200_0100, 0x2101_0000])
    func `a negative or too long compact form is met by no hash`(bits: UInt32) {
        #expect(UInt256(compactBits: bits) == .zero)
    }

    @Test func `a compact form is at most the number, and the number's first three bytes`() throws {
        for _ in 0..<500 {
            let number = UInt256(littleEndian: (0..<Int.random(in: 1...32)).map { _ in UInt8.random(in: 0...255) })
            let rounded = UInt256(compactBits: number.compactBits)
            #expect(rounded <= number)
            #expect(rounded.compactBits == number.compactBits)
            #expect(rounded.approximation >= number.approximation * (1 - 0x1p-14))
        }
    }

    @Test func `hexadecimal bytes of either case are read, and nothing else`() {
        #expect(Hex.decode("00fFa1") == [0, 0xff, 0xa1])
        #expect(Hex.decode("") == [])
        #expect(Hex.encode([0, 0xff, 0xa1]) == "00ffa1")
        for text in ["0", "0g", "é", "0x", " 0", "１１"] { #expect(Hex.decode(text) == nil) }
    }
}
