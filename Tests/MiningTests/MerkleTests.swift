internal import Crypto
internal import Mining
internal import Testing

/// The root that a miner gets by branch and leaf is the one of the whole tree.
@Suite struct MerkleTests {
    private func hash(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: Array(SHA256.hash(data: bytes)))) }

    /// The root as the definition has it: pairs joined level by level, the last one of an odd level twice.
    private func naiveRoot(_ leaves: [[UInt8]]) -> [UInt8] {
        var level = leaves
        while level.count > 1 {
            if !level.count.isMultiple(of: 2), let last = level.last { level.append(last) }
            level = (0..<level.count / 2).map { hash(level[2 * $0] + level[2 * $0 + 1]) }
        }
        return level[0]
    }

    @Test func `a header holds the root over coinbase and transactions, however many there are`() throws {
        let sample = try Samples.template()
        for count in Array(0...40) + (0..<20).map({ _ in Int.random(in: 41...1500) }) {
            var template = sample
            template.transactions = (0..<count).map { _ in
                var transaction = sample.transactions[0]
                transaction.txid = Hex.encode((0..<32).map { _ in UInt8.random(in: 0...255) })
                return transaction
            }
            let work = try Work(Samples.job(template))
            let extranonce = (0..<12).map { _ in UInt8.random(in: 0...255) }
            let header = work.header(Solution(extranonce: extranonce, time: 1, nonce: 2, version: 3))
            let others = try template.transactions.map { try #require(Hex.decode($0.txid)).reversed() as [UInt8] }
            #expect(Array(header[36..<68]) == naiveRoot([hash(work.coinbase(extranonce))] + others), "\(count)")
        }
    }
}
