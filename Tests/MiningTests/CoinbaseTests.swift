internal import Mining
internal import Testing

@Suite struct CoinbaseTests {
    private func work(
        height: Int = 500, payouts: [Payout] = Samples.payouts, tag: String = "/mesh/", extranonceBytes: Int = 12,
        _ change: (inout BlockTemplate) -> Void = { _ in }
    ) throws(MiningError) -> Work {
        guard var template = try? Samples.template() else {
            throw MiningError(.invalidTemplate, "the fixture is missing")
        }
        template.height = height
        change(&template)
        return try Work(Samples.job(template, payouts: payouts, tag: tag), extranonceBytes: extranonceBytes)
    }

    /// The script of the coinbase, with an extranonce of twelve 0xee.
    private func script(_ work: Work) -> [UInt8] {
        let coinbase = work.coinbase([UInt8](repeating: 0xee, count: work.extranonceBytes))
        return Array(coinbase[42..<42 + Int(coinbase[41])])
    }

    /// Source: BIP 34, and `CScript() << height` of Bitcoin Core, which writes 1 to 16 as opcodes.
    static let heights: [(Int, String)] = [
        (1, "51"), (2, "52"), (15, "5f"), (16, "60"), (17, "0111"), (127, "017f"), (128, "028000"), (255, "02ff00"),
        (256, "020001"), (432, "02b001"), (32767, "02ff7f"), (32768, "03008000"), (8_388_607, "03ffff7f"),
        (8_388_608, "0400008000"), (2_147_483_647, "04ffffff7f"),
    ]

    @Test(arguments: heights) func `the script begins with the height`(height: Int, push: String) throws {
        let script = script(try work(height: height))
        #expect(Hex.encode(script) == push + "0c" + String(repeating: "ee", count: 12) + "062f6d6573682f")
    }

    @Test func `what the daemon wants in the script stands behind the height, by name`() throws {
        let work = try work(tag: "") { $0.coinbaseAux = ["z": "0151", "flags": "01aa"] }
        #expect(Hex.encode(script(work)) == "02f401" + "01aa" + "0151" + "0c" + String(repeating: "ee", count: 12))
    }

    @Test func `a script of more than a hundred bytes is refused, and one of a hundred is not`() throws {
        let tag = String(repeating: "t", count: 100 - 3 - 13 - 1)
        #expect(throws: MiningError.self) { try work(tag: tag) }
        let short = String(repeating: "t", count: 75)
        #expect(script(try work(tag: short)).count == 3 + 13 + 76)
        #expect(script(try work(tag: short, extranonceBytes: 20)).count == 100)
        expect(.invalidCoinbase, "shorten the tag") { () throws(MiningError) in
            _ = try work(tag: short, extranonceBytes: 21)
        }
        expect(.invalidCoinbase, "at most 75") { () throws(MiningError) in
            _ = try work(tag: String(repeating: "t", count: 76))
        }
        expect(.invalidCoinbase, "1 to 75") { () throws(MiningError) in _ = try work(extranonceBytes: 0) }
        expect(.invalidCoinbase, "1 to 75") { () throws(MiningError) in _ = try work(extranonceBytes: 76) }
    }

    @Test func `the value is split by weight, the rest goes to the first, and the commitment pays nothing`() throws {
        let payouts = [
            Payout(script: "51", weight: 1), Payout(script: "5252", weight: 1), Payout(script: "535353", weight: 1),
        ]
        let work = try work(payouts: payouts) { template in
            template.coinbaseValue = 100
            template.defaultWitnessCommitment = "6a01"
        }
        let outputs = Hex.encode(work.coinbase2.drop { $0 != 0xff }.dropFirst(4))
        #expect(
            outputs == "04" + "2200000000000000" + "0151" + "2100000000000000" + "025252" + "2100000000000000"
                + "03535353"
                + "0000000000000000" + "026a01" + "00000000")
    }

    @Test func `whatever the weights, all of the value is paid, and to nobody too much`() throws {
        for _ in 0..<200 {
            let weights = (0..<Int.random(in: 1...20)).map { _ in Int.random(in: 1...(1 << Int.random(in: 1...58))) }
            let value = Int64.random(in: 0...Int64.max / 2)
            let payouts = weights.map { Payout(script: "51", weight: $0) }
            let work = try work(payouts: payouts) { template in
                template.coinbaseValue = value
                template.defaultWitnessCommitment = nil
            }
            let outputs = Array(work.coinbase2.drop { $0 != 0xff }.dropFirst(5).dropLast(4))
            let values = stride(from: 0, to: outputs.count, by: 10).map { start in
                outputs[start..<start + 8].reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
            }
            #expect(values.count == weights.count)
            #expect(values.reduce(0, +) == value)
            let total = weights.reduce(0.0) { $0 + Double($1) }
            for (paid, weight) in zip(values, weights) {
                #expect(abs(Double(paid) - Double(value) * Double(weight) / total) <= 20 + Double(value) * 1e-15)
            }
        }
    }

    @Test func `payouts that cannot be paid are refused`() {
        expect(.invalidPayout, "at least one payout") { () throws(MiningError) in _ = try work(payouts: []) }
        for script in ["", "5", "zz"] {
            expect(.invalidPayout, "'\(script)'") { () throws(MiningError) in
                _ = try work(payouts: [Payout(script: script)])
            }
        }
        for weight in [0, -1, .min] {
            expect(.invalidPayout, "weight \(weight)") { () throws(MiningError) in
                _ = try work(payouts: [Payout(script: "51", weight: weight)])
            }
        }
        expect(.invalidPayout, "small enough") { () throws(MiningError) in
            _ = try work(payouts: [Payout(script: "51", weight: .max), Payout(script: "52", weight: 1)])
        }
    }

    static let spoiled: [(String, @Sendable (inout BlockTemplate) -> Void)] = [
        ("height", { $0.height = 0 }), ("height", { $0.height = .max }), ("coinbasevalue", { $0.coinbaseValue = -1 }),
        ("bits", { $0.bits = "00000000" }), ("bits", { $0.bits = "zz" }), ("curtime", { $0.currentTime = 1 << 32 }),
        ("mintime", { $0.minimumTime = -1 }), ("previousblockhash", { $0.previousBlockHash = "00" }),
        ("transactions.txid", { $0.transactions[2].txid = "" }), ("coinbaseaux.x", { $0.coinbaseAux = ["x": "0"] }),
        ("default_witness_commitment", { $0.defaultWitnessCommitment = "zz" }),
    ]

    @Test(arguments: spoiled.indices) func `a template that no block can be built of is refused by the field`(
        index: Int
    ) {
        let (field, change) = Self.spoiled[index]
        expect(.invalidTemplate, field) { () throws(MiningError) in _ = try work(change) }
    }
}
