internal import Mining
internal import Testing

@Suite struct PoolShareTests {
    private let share = PoolShare(
        worker: "ltc1q.rig", jobID: "0123abcd", height: 2_900_000, hash: Array(0..<32),
        timeMilliseconds: 1_763_700_000_123, difficulty: 16, isBlock: false)

    /// The same bytes stand in docs/PROTOCOL.md.
    @Test func `the layout is the documented one`() {
        let expected =
            "0100" + "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            + "7b45b6a49a010000" + "0000100000000000" + "20402c00" + "083031323361626364"
            + "096c746331712e726967"
        #expect(Hex.encode(share.bytes) == expected)
    }

    @Test(arguments: [0.00001, 0.001, 1, 16, 65536.5, 1e9])
    func `what is written is read`(difficulty: Double) throws {
        let share = PoolShare(
            worker: "名前|x", jobID: "", height: 0, hash: [UInt8](repeating: 255, count: 32), timeMilliseconds: -1,
            difficulty: difficulty, isBlock: true)
        #expect(try PoolShare(bytes: share.bytes) == share)
        #expect(abs(share.difficulty - difficulty) <= 1 / 65536)
    }

    @Test func `weights are whole and bounded`() {
        #expect(share.weight == 16 * 65536)
        #expect(PoolShare.weight(of: 0) == 1)
        #expect(PoolShare.weight(of: -.infinity) == 1)
        #expect(PoolShare.weight(of: .nan) == 1)
        #expect(PoolShare.weight(of: .infinity) == 1 << 53)
        #expect(PoolShare.weight(of: 0.00001) == 1)
        #expect(PoolShare.weight(of: 1.5) == 98304)
    }

    @Test func `long texts are cut at a character`() throws {
        let long = PoolShare(
            worker: String(repeating: "ä", count: 100), jobID: "x" + String(repeating: "ä", count: 100), height: 1,
            hash: [UInt8](repeating: 0, count: 32), timeMilliseconds: 0, difficulty: 1, isBlock: false)
        #expect(long.worker == String(repeating: "ä", count: 64))
        #expect(long.jobID == "x" + String(repeating: "ä", count: 63))
        #expect(try PoolShare(bytes: long.bytes) == long)
    }

    @Test func `every other length is refused`() {
        let bytes = share.bytes
        for count in 0..<bytes.count {
            #expect(throws: MiningError.self, "\(count) bytes") { try PoolShare(bytes: bytes.prefix(count)) }
        }
        #expect(throws: MiningError.self) { try PoolShare(bytes: bytes + [0]) }
    }

    @Test(arguments: [(0, 2), (1, 2), (49, 0x80), (55, 0xff)])
    func `damage is refused`(at index: Int, _ value: UInt8) {
        var bytes = share.bytes
        bytes[index] = value
        #expect { try PoolShare(bytes: bytes) } throws: { ($0 as? MiningError)?.code == .invalidShare }
    }
}
