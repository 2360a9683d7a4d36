internal import CoinDaemon
internal import Foundation
internal import Mining
internal import TestSupport
internal import Testing

@Suite struct BlockHandInTests {
    private var handIn = BlockHandIn(backoff: Backoff(first: .milliseconds(100), limit: .seconds(1)))

    @Test mutating func `accepted and refused end it at once`() {
        var other = handIn
        handIn.submitted(.accepted, random: 0)
        #expect(handIn.next == .end(.accepted))
        other.submitted(.rejected(reason: "bad-cb-amount", canChange: false), random: 0)
        #expect(other.next == .end(.refused("bad-cb-amount")))
    }

    @Test(arguments: [
        (BlockStanding.inChain(confirmations: 3), DaemonVerdict.accepted), (.beside, .orphaned),
        (.invalid, .refused("invalid")),
    ])
    func `what the daemon has already is asked for`(standing: BlockStanding, verdict: DaemonVerdict) {
        for answer in [SubmitAnswer.duplicate, .inconclusive] {
            var handIn = handIn
            handIn.submitted(answer, random: 0)
            #expect(handIn.next == .ask)
            handIn.asked(.success(standing), random: 0)
            #expect(handIn.next == .end(verdict))
        }
    }

    @Test mutating func `a missing parent, a silent daemon and a header alone are tried again, with growing pauses`() {
        for pause in [50, 100, 200] {
            handIn.submitted(.rejected(reason: "prev-blk-not-found", canChange: true), random: 0)
            #expect(handIn.next == .pause(.milliseconds(pause)))
            #expect(handIn.standing == .undecided("prev-blk-not-found"))
            handIn.resumed()
            #expect(handIn.next == .submit)
        }
        handIn.submitted(.duplicate, random: 0)
        handIn.asked(.success(.unknown), random: 0)
        #expect(handIn.next == .pause(.milliseconds(400)))
        handIn.resumed()
        handIn.submitted(.duplicate, random: 0)
        handIn.asked(.failure(CoinDaemonError(.timeout, "slow")), random: 0.5)
        #expect(handIn.next == .pause(.seconds(1)))
        #expect(handIn.standing.words == "slow")
    }

    @Test func `a tip tells what a block beside the chain is worth`() throws {
        func standing(_ status: String) throws -> BlockStanding {
            let header = try JSONDecoder().decode(
                BlockHeader.self,
                from: Data(
                    #"{"hash":"aa","height":5,"chainwork":"\#(String(repeating: "0", count: 64))","confirmations":-1}"#
                        .utf8))
            let tip = try JSONDecoder().decode(
                ChainTip.self, from: Data(#"{"hash":"aa","height":5,"branchlen":1,"status":"\#(status)"}"#.utf8))
            return BlockStanding(header, tips: [tip])
        }
        #expect(try standing("valid-fork") == .beside)
        #expect(try standing("valid-headers") == .beside)
        #expect(try standing("headers-only") == .unknown)
        #expect(try standing("invalid") == .invalid)
        #expect(try standing("something new") == .beside)
    }

    @Test func `a real litecoind gets a block whose parent it does not have yet`() async throws {
        let source = try await LitecoinNetwork.start(nodes: 2)
        let lone = try await LitecoinNetwork.start(nodes: 1, waitsForTemplates: false)
        let hashes = try source.nodes[0].generate(2)
        let blocks = try hashes.map { try source.nodes[0].call("getblock", "[\"\($0)\", 0]", as: String.self) }
        try await withHTTPClient { http in
            let client = CoinDaemonClient(try DaemonEndpoint(parsing: lone.nodes[0].address), http: http)
            #expect(try await client.standing(of: hashes[1]) == .unknown)
            let early = await client.handIn(blocks[1], hash: hashes[1], within: .milliseconds(300))
            #expect(early == .undecided("prev-blk-not-found"))
            async let child = client.handIn(blocks[1], hash: hashes[1], within: .seconds(10))
            async let parent = client.handIn(blocks[0], hash: hashes[0], within: .seconds(10))
            #expect(await [parent, child] == [.accepted, .accepted])
            #expect(await client.handIn(blocks[0], hash: hashes[0], within: .seconds(10)) == .accepted)
            #expect(try await client.standing(of: hashes[0]) == .inChain(confirmations: 2))
            let garbage = await client.handIn("00ff", hash: hashes[0], within: .seconds(2))
            #expect(garbage.isFinal)
            let silent = CoinDaemonClient(DaemonEndpoint(url: "http://127.0.0.1:1/", authentication: .none), http: http)
            #expect(await !silent.handIn(blocks[0], hash: hashes[0], within: .milliseconds(300)).isFinal)
        }
    }
}
