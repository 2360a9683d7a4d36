internal import AsyncHTTPClient
internal import CoinDaemon
internal import Mining
internal import TestSupport
internal import Testing

@Suite struct RealDaemonTests {
    @Test func `a real litecoind answers every method`() async throws {
        let network = try await LitecoinNetwork.start(nodes: 2)
        let node = network.nodes[0]
        try await withHTTPClient { http in
            let client = CoinDaemonClient(try DaemonEndpoint(parsing: node.address), http: http)

            let first = try await client.blockTemplate()
            #expect(first.height == 1)
            #expect(first.bits == "207fffff")

            let mined = try node.generate(20)
            #expect(try await client.blockCount() == 20)
            #expect(try await client.bestBlockHash() == mined.last)
            #expect(try await client.blockHash(at: 20) == mined.last)
            let header = try await client.blockHeader(mined[19])
            #expect(header.previousBlockHash == mined[18])
            #expect(header.height == 20)
            let info = try await client.blockchainInfo()
            #expect(info.chain == "regtest")
            #expect(info.chainwork == header.chainwork)
            #expect(try await client.networkInfo().connections > 0)
            #expect(try await client.blockTemplate().previousBlockHash == mined.last)

            let block: String = try await client.call("getblock", [.string(mined[19]), 0])
            #expect(try await client.submitBlock(block) == "duplicate")
        }
    }
}
