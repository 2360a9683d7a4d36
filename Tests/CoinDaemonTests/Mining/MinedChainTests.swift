internal import CoinDaemon
internal import Mining
internal import TestSupport
internal import Testing

/// What the pool's own code mines, a real litecoind takes.
@Suite struct MinedChainTests {
    @Test func `fifty blocks in a row are accepted, across the activation of MWEB`() async throws {
        try await withHTTPClient { http in
            let start = 400
            let chain = try await MWEBChain.start(height: start) { CoinDaemonClient($0, http: http) }
            for height in start + 1...start + 50 {
                try await chain.pay(height % 3)
                if height == MWEBChain.activation || (height > MWEBChain.activation && height % 7 == 0) {
                    try await chain.pegIn()
                }
                let job = try await chain.job(payouts: height % 3 + 1, tag: height % 2 == 0 ? "/headframe/" : "")
                #expect(job.template.height == height)
                #expect((job.template.mweb != nil) == (height >= MWEBChain.activation))
                #expect(job.template.transactions.isEmpty == (height % 3 == 0 && job.template.mweb == nil))

                let block = try SolvedBlock(
                    job, extranonce: (0..<(height % 2 == 0 ? 12 : 8)).map { _ in UInt8.random(in: 0...255) },
                    rolledBits: UInt32.random(in: 0...UInt32.max) & 0x1fff_e000)
                #expect(try await chain.submit(try block.assembled()) == .accepted, "height \(height)")
                #expect(try await chain.client.bestBlockHash() == block.hash)
                try await expectPayouts(of: block, on: chain.client)
            }
            let tip = try await chain.client.bestBlockHash()
            try await eventually("the other node has the same chain") {
                try chain.follower.call("getbestblockhash", as: String.self) == tip
            }
        }
    }

    @Test func `a chain that begins without segregated witness is mined across its activation`() async throws {
        try await withHTTPClient { http in
            let activation = 5
            let chain = try await MWEBChain.start(height: 2, arguments: ["-segwitheight=\(activation)"]) {
                CoinDaemonClient($0, http: http)
            }
            for height in 3...8 {
                let job = try await chain.job()
                #expect(job.template.height == height)
                #expect(job.template.commitsToWitnesses == (height >= activation))
                let block = try SolvedBlock(job)
                #expect(try await chain.submit(try block.assembled()) == .accepted, "height \(height)")
            }
        }
    }

    /// What the daemon reads in the coinbase is what the job meant to pay.
    private func expectPayouts(of block: SolvedBlock, on client: CoinDaemonClient) async throws {
        let outputs = try await client.call("getblock", [.string(block.hash), 2], as: DaemonBlock.self).tx[0].vout
        let payouts = block.job.payouts
        #expect(outputs.map(\.scriptPubKey.hex).prefix(payouts.count) == payouts.map(\.script)[...])
        let values = outputs.map { Int64(($0.value * 100_000_000).rounded()) }
        #expect(values.reduce(0, +) == block.job.template.coinbaseValue)
        let total = Int64(payouts.map(\.weight).reduce(0, +))
        for (index, payout) in payouts.enumerated().dropFirst() {
            #expect(values[index] == block.job.template.coinbaseValue * Int64(payout.weight) / total)
        }
    }

    /// The answer of `getblock`, as far as it is looked at.
    private struct DaemonBlock: Decodable, Sendable {
        struct Transaction: Decodable, Sendable { var vout: [Output] }
        struct Output: Decodable, Sendable {
            var value: Double
            var scriptPubKey: Script
        }
        struct Script: Decodable, Sendable { var hex: String }

        var tx: [Transaction]
    }

    @Test func `addresses have the scripts that the daemon gives them`() async throws {
        let network = try await LitecoinNetwork.start(nodes: 1, arguments: ["-keypool=10"], waitsForTemplates: false)
        try await withHTTPClient { http in
            let client = CoinDaemonClient(try DaemonEndpoint(parsing: network.nodes[0].address), http: http)
            try await client.createWallet()
            for kind in ["bech32", "p2sh-segwit", "legacy"] {
                for _ in 0..<10 {
                    let text = try await client.newAddress(kind)
                    let answer = try await client.call("validateaddress", [.string(text)], as: Validation.self)
                    #expect(
                        Hex.encode(try Address(text, on: .litecoinRegtest).script) == answer.scriptPubKey, "\(text)")
                }
            }
            let hidden = try await client.newAddress("mweb")
            #expect { try Address(hidden, on: .litecoinRegtest) } throws: { "\($0)".contains("MWEB") }
        }
    }

    private struct Validation: Decodable, Sendable { var scriptPubKey: String }
}
