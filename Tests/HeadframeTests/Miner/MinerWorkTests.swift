internal import MessagePack
internal import Testing

@testable internal import headframe

/// What a miner makes of a job.
@Suite struct MinerWorkTests {
    @Test("The header of a real block is rebuilt from notify and submit, and hashes to what it did")
    func golden() throws {
        let golden = try GoldenShare.read()
        let job = try MinerJob(golden.notify)
        let extranonces = try #require(HexText.bytes(golden.extranonce1 + golden.submit[2]))
        let header = job.header(
            extranonces: extranonces, version: job.version, time: try #require(HexText.number(golden.submit[3])),
            nonce: try #require(HexText.number(golden.submit[4])))
        #expect(HexText.text(header) == golden.header)
        let hash = try MinerAlgorithm.scrypt.hash(header)
        #expect(hash == Number256(hex: golden.scrypt))
        #expect(hash <= job.networkTarget)
    }

    @Test("The coinbase of a real block is read: height, outputs, value")
    func review() throws {
        let golden = try GoldenShare.read()
        let review = try MinerJob(golden.notify).review(extranonceBytes: 8)
        #expect(review.height == 432)
        #expect(review.outputs == 2)
        #expect(review.value == 1_250_020_200)
    }

    @Test("Extranonces of another size than the coinbase has room for are a violation", arguments: [4, 7, 9, 12, 40])
    func extranonceSizes(bytes: Int) throws {
        let job = try MinerJob(try GoldenShare.read().notify)
        #expect(throws: PoolViolation.self) { try job.review(extranonceBytes: bytes) }
    }

    @Test(
        "A notification with anything wrong in it is a violation",
        arguments: [
            [0: .null], [0: ""], [1: "00"], [2: "0"], [3: "xy"], [4: "none"], [4: ["00"]], [5: "2000000"],
            [6: "00000000"],
            [6: "ff7fffff"], [6: "1e8fffff"], [7: 12],
        ] as [[Int: MessagePackValue]])
    func wrongNotifications(changes: [Int: MessagePackValue]) throws {
        var parameters = try GoldenShare.read().notify
        for (index, value) in changes { parameters[index] = value }
        #expect(throws: PoolViolation.self) { try MinerJob(parameters) }
        #expect(throws: PoolViolation.self) { try MinerJob(Array(parameters.dropLast())) }
    }

    @Test("Slices differ in extranonce2, and in the rolled bits of the version alone")
    func slices() throws {
        let job = try MinerJob(try GoldenShare.read().notify)
        let work = MinerWork(
            job: job, extranonce1: [1, 2, 3, 4], extranonce2Bytes: 4, difficulty: 1, shareTarget: .max,
            versionMask: 0x1fff_e000, height: nil)
        #expect(work.slice(1).extranonce2 == [0, 0, 0, 1])
        #expect(work.slice(0x1_0203_0405).extranonce2 == [2, 3, 4, 5])
        #expect(work.slice(1).version == 0x2000_2000)
        let versions = (0..<100).map { work.slice($0).version }
        #expect(Set(versions).count == 100)
        #expect(versions.allSatisfy { $0 & ~0x1fff_e000 == job.version & ~0x1fff_e000 })
        #expect(Set((0..<100).map { work.slice($0).header(nonce: 0) }).count == 100)
    }

    @Test("Compact bits and difficulties become the targets that they are")
    func targets() throws {
        func hex(_ digits: String, zeros: Int) -> Number256 {
            Number256(hex: digits + String(repeating: "0", count: zeros))
        }
        #expect(Number256(compactBits: 0x1e0f_ffff) == hex("fffff", zeros: 54))
        #expect(Number256(compactBits: 0x207f_ffff) == hex("7fffff", zeros: 58))
        #expect(Number256(compactBits: 0x0112_3456) == Number256(high: 0, low: 0x12))
        #expect(Number256(compactBits: 0x2112_3456) == nil)
        #expect(Number256(difficulty: 1, difficulty1Shift: 224) == hex("ffff", zeros: 56))
        #expect(Number256(difficulty: 1, difficulty1Shift: 208) == hex("ffff", zeros: 52))
        #expect(Number256(difficulty: 0x1p-8, difficulty1Shift: 224) == hex("ffff", zeros: 58))
        #expect(Number256(difficulty: 65536, difficulty1Shift: 224) == hex("ffff", zeros: 52))
        #expect(Number256(difficulty: 1e-9, difficulty1Shift: 224) == .max)
        #expect(Number256(difficulty: 1e300, difficulty1Shift: 224) == Number256(high: 0, low: 0))
        #expect(Number256(difficulty: .nan, difficulty1Shift: 224) == nil)
        #expect(Number256(difficulty: -1, difficulty1Shift: 224) == nil)
        // Thirds: the first 74 bits are exact.
        let third = try #require(Number256(difficulty: 3, difficulty1Shift: 224))
        #expect(third > hex("5554ffffffffffff", zeros: 44) && third <= hex("55550000", zeros: 52))
    }
}

extension Number256 {
    /// Up to 64 hexadecimal digits, the most significant one first.
    init(hex: String) {
        let digits = String(repeating: "0", count: 64 - hex.count) + hex
        self.init(littleEndian: (HexText.bytes(digits) ?? []).reversed())
    }
}
