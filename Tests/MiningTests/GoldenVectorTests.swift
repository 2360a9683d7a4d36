internal import Crypto
internal import Foundation
internal import Mining
internal import TestSupport
internal import Testing

/// A share that litecoind took as the first block with MWEB, rebuilt to the byte from the template and the miner's submit.
@Suite struct GoldenVectorTests {
    /// What was recorded with that share; the names are the file's.
    struct Vector: Decodable {
        struct Notify: Decodable {
            var job, previousHash, coinbase1, coinbase2: String
            var branch: [String]
            var version, bits, time: String

            init(from decoder: any Decoder) throws {
                var fields = try decoder.unkeyedContainer()
                job = try fields.decode(String.self)
                previousHash = try fields.decode(String.self)
                coinbase1 = try fields.decode(String.self)
                coinbase2 = try fields.decode(String.self)
                branch = try fields.decode([String].self)
                version = try fields.decode(String.self)
                bits = try fields.decode(String.self)
                time = try fields.decode(String.self)
            }
        }

        // swift-format-ignore: AlwaysUseLowerCamelCase
        var spk, extranonce1, header, scrypt, blockhash, coinbase_txid, block_sha256: String
        var submit: [String]
        var notify: Notify
    }

    let vector: Vector
    let job: Job
    let work: Work

    init() throws {
        let file = try Fixture.bytes("Mining/golden-h432.json")
        vector = try JSONDecoder().decode(Vector.self, from: Data(file))
        job = Samples.job(
            try Samples.template("gbt-h432-first-mweb"), payouts: [Payout(script: vector.spk)], tag: "/mesh/")
        work = try Work(job, extranonceBytes: 8)
    }

    private func solution() throws -> Solution {
        let extranonce = try #require(Hex.decode(vector.extranonce1 + vector.submit[2]))
        return Solution(
            extranonce: extranonce, time: try #require(UInt32(vector.submit[3], radix: 16)),
            nonce: try #require(UInt32(vector.submit[4], radix: 16)), version: work.version)
    }

    @Test func `what the miner is told`() {
        #expect(work.previousHashWords == vector.notify.previousHash)
        #expect(work.coinbase1Hex == vector.notify.coinbase1)
        #expect(work.coinbase2Hex == vector.notify.coinbase2)
        #expect(work.branchHex == vector.notify.branch)
        #expect(work.versionHex == vector.notify.version)
        #expect(work.bitsHex == vector.notify.bits)
        #expect(work.timeHex == vector.notify.time)
        #expect(work.networkTarget.hex == job.template.target)
    }

    @Test func `coinbase, header and their hashes`() throws {
        let solution = try solution()
        let coinbase = work.coinbase(solution.extranonce)
        let name = SHA256.hash(data: Array(SHA256.hash(data: coinbase)))
        #expect(Hex.encode(Array(name).reversed()) == vector.coinbase_txid)
        let header = work.header(solution)
        #expect(Hex.encode(header) == vector.header)
        #expect(BlockAssembly.hash(header: header) == vector.blockhash)
        let hash = try Scrypt().hash(header: header)
        #expect(hash.hex == vector.scrypt)
        #expect(hash <= work.networkTarget)
    }

    @Test func `the block, with witness and extension block`() throws {
        let solution = try solution()
        let block = try BlockAssembly.block(
            job, header: work.header(solution), coinbase: work.coinbase(solution.extranonce))
        #expect(Hex.encode(Array(SHA256.hash(data: block))) == vector.block_sha256)
    }
}
