internal import Mining
internal import Testing

@Suite struct BlockAssemblyTests {
    private let extranonce = [UInt8](repeating: 7, count: 12)

    private func solved(_ job: Job) throws -> (header: [UInt8], coinbase: [UInt8]) {
        let work = try Work(job)
        let solution = Solution(extranonce: extranonce, time: work.time, nonce: 5, version: work.version)
        return (work.header(solution), work.coinbase(extranonce))
    }

    @Test(arguments: Samples.templates) func `every template becomes a block with all its parts in order`(
        name: String
    ) throws {
        let template = try Samples.template(name)
        let job = Samples.job(template)
        let (header, coinbase) = try solved(job)
        let block = Hex.encode(try BlockAssembly.block(job, header: header, coinbase: coinbase))
        let count = Hex.encode([UInt8(template.transactions.count + 1)])
        let whole = Hex.encode(coinbase)
        let witness = "0120" + String(repeating: "00", count: 32)
        let expected =
            Hex.encode(header) + count + whole.prefix(8) + "0001" + whole.dropFirst(8).dropLast(8) + witness
            + whole.suffix(8) + template.transactions.map(\.data).joined() + (template.mweb.map { "01" + $0 } ?? "")
        #expect(block == expected)
    }

    @Test func `without a commitment the coinbase has no witness`() throws {
        var template = try Samples.template("gbt-h1")
        template.defaultWitnessCommitment = nil
        let job = Samples.job(template)
        let (header, coinbase) = try solved(job)
        #expect(try BlockAssembly.block(job, header: header, coinbase: coinbase) == header + [1] + coinbase)
    }

    @Test(arguments: [251, 252, 253, 65_534, 65_535]) func `any number of transactions is counted`(count: Int) throws {
        var template = try Samples.template("gbt-h1")
        var transaction = try Samples.template().transactions[0]
        transaction.data = ""
        template.transactions = Array(repeating: transaction, count: count)
        let job = Samples.job(template)
        let (header, coinbase) = try solved(job)
        let block = try BlockAssembly.block(job, header: header, coinbase: coinbase)
        let wanted: [UInt8] =
            switch count {
            case 251: [252]
            case 252: [0xfd, 0xfd, 0]
            case 253: [0xfd, 0xfe, 0]
            case 65_534: [0xfd, 0xff, 0xff]
            default: [0xfe, 0, 0, 1, 0]
            }
        #expect(Array(block[80..<80 + wanted.count]) == wanted)
        #expect(block.count == 80 + wanted.count + coinbase.count + 36)
    }

    @Test func `what does not belong to the job is refused before a daemon sees it`() throws {
        let job = Samples.job(try Samples.template())
        let other = Samples.job(try Samples.template("gbt-h433-mweb-idle"))
        let (header, coinbase) = try solved(job)
        func expectForeign(_ words: String, _ header: [UInt8], _ coinbase: [UInt8], _ job: Job) {
            expect(.foreignSolution, words) { () throws(MiningError) in
                _ = try BlockAssembly.block(job, header: header, coinbase: coinbase)
            }
        }
        expectForeign("80 bytes, these are 79", Array(header.dropLast()), coinbase, job)
        expectForeign("80 bytes, these are 0", [], coinbase, job)
        expectForeign("no transaction", header, [], job)
        expectForeign("no transaction", header, Array(coinbase.prefix(4)) + [0, 1] + coinbase.dropFirst(4), job)
        expectForeign("builds on", header, coinbase, other)
        expectForeign("merkle root", header, coinbase + [0], job)
        var dropped = job
        dropped.template.transactions.removeLast()
        expectForeign("merkle root", header, coinbase, dropped)
    }

    @Test func `a template with malformed bytes is refused by the field`() throws {
        for (field, change) in [
            ("transactions.data", { $0.transactions[1].data = "0" }), ("mweb", { $0.mweb = "x" }),
        ] as [(String, (inout BlockTemplate) -> Void)] {
            var job = Samples.job(try Samples.template())
            let (header, coinbase) = try solved(job)
            change(&job.template)
            expect(.invalidTemplate, field) { () throws(MiningError) in
                _ = try BlockAssembly.block(job, header: header, coinbase: coinbase)
            }
        }
    }
}
