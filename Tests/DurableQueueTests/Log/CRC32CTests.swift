internal import Testing

@testable internal import DurableQueue

@Suite struct CRC32CTests {
    /// The vectors of RFC 3720, appendix B.4, and the check value of the Rocksoft catalogue.
    @Test(
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0...31), 0x46DD_794E), (Array((0...31).reversed()), 0x113F_DB5C),
            (Array("123456789".utf8), 0xE306_9283),
        ] as [([UInt8], UInt32)])
    func vector(_ bytes: [UInt8], _ checksum: UInt32) {
        #expect(CRC32C.checksum(bytes) == checksum)
    }

    /// Without the instruction, as on other processors.
    @Test func tablesComeToTheSame() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        for (start, end) in (0..<64).map({ ($0 % 9, 1000 - 15 * $0) }) {
            bytes[start..<end].withUnsafeBytes { part in
                #expect(CRC32C.byTables(part, seed: UInt32(start)) == CRC32C.checksum(part, seed: UInt32(start)))
            }
        }
    }

    @Test func partsMakeTheWhole() {
        let bytes = (0..<100).map { UInt8($0) }
        for cut in 0...100 {
            let first = CRC32C.checksum(Array(bytes[..<cut]))
            #expect(CRC32C.checksum(Array(bytes[cut...]), seed: first) == CRC32C.checksum(bytes))
        }
    }
}
