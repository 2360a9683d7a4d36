internal import Foundation
internal import Mining
internal import Testing

@Suite struct ChainworkTests {
    @Test func `texts of any length and case are normalised`() {
        #expect(Chainwork(hex: "A")?.hex == String(repeating: "0", count: 63) + "a")
        #expect(Chainwork(hex: "0a") == Chainwork(hex: "A"))
        #expect(Chainwork(hex: "0") == .zero)
        #expect(Chainwork(hex: String(repeating: "f", count: 64)) != nil)
    }

    @Test(arguments: ["", "x", "0x1", "-1", " 1", String(repeating: "0", count: 65), "é"])
    func `what is no number of 256 bits is refused`(text: String) {
        #expect(Chainwork(hex: text) == nil)
    }

    @Test func `the order is that of the numbers`() throws {
        let numbers: [UInt64] = [0, 1, 9, 10, 15, 16, 255, 256, 0xabcdef, .max]
        let work = try numbers.map { try #require(Chainwork(hex: String($0, radix: 16))) }
        #expect(work.shuffled().sorted() == work)
        let beyond = try #require(Chainwork(hex: "1" + String(repeating: "0", count: 16)))
        #expect(work.allSatisfy { $0 < beyond })
    }

    @Test func `it travels as one text`() throws {
        let work = try #require(Chainwork(hex: "64"))
        #expect(try JSONDecoder().decode([Chainwork].self, from: JSONEncoder().encode([work])) == [work])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Chainwork].self, from: Data(#"["no"]"#.utf8)) }
    }

    @Test func `a position keeps no more than sixteen ancestors`() throws {
        let position = ChainPosition(
            lineage: "regtest:00", parent: "0", chainwork: .zero, height: 20, ancestors: (0..<40).map(String.init))
        #expect(position.ancestors == (0..<16).map(String.init))
    }
}
