internal import CoinDaemon
internal import Mining
internal import TestSupport
internal import Testing

/// Every answer that a real litecoind has for a block that is not as it should be, and what it means.
@Suite struct RealSubmitAnswerTests {
    private func final(_ reason: String) -> SubmitAnswer { .rejected(reason: reason, canChange: false) }

    @Test func `each way to spoil a block has its answer, and the right block is taken after all of them`() async throws
    {
        try await withHTTPClient { http in
            // On regtest the height in the coinbase counts from block 500 on.
            let chain = try await MWEBChain.start(height: 500) { CoinDaemonClient($0, http: http) }
            try await chain.pegIn()
            try await chain.pay(6)
            let job = try await chain.job()
            #expect(job.template.mweb != nil)
            // Two that can change places, and that of the extension block. (The wallet may pay
            // some of them from there.)
            try #require(job.template.transactions.count >= 3)

            try await expectRefusals(of: job, on: chain)
            try await expectTimesRefused(of: job, on: chain)
            try await expectMalformedRefused(of: job, on: chain)

            // Nothing of that stands in the way of the block itself, which the daemon takes even without the coinbase's witness.
            let block = try SolvedBlock(job)
            let whole = try block.assembled()
            let bare = whole.prefix(81) + block.coinbase + whole.dropFirst(81 + block.coinbase.count + 36)
            #expect(try await chain.submit(Array(bare)) == .accepted)
            #expect(try await chain.client.bestBlockHash() == block.hash)
            #expect(try await chain.submit(whole) == .duplicate)

            let next = try SolvedBlock(try await chain.job())
            #expect(try await chain.submit(try next.assembled()) == .accepted)
            try await expectSiblingsInconclusive(of: next, on: chain)
        }
    }

    /// Blocks whose content is wrong; each is mined, so that it is only that.
    private func expectRefusals(of job: Job, on chain: MWEBChain) async throws {
        func answer(_ change: (inout BlockTemplate) -> Void) async throws -> (first: SubmitAnswer, again: SubmitAnswer)
        {
            var template = job.template
            change(&template)
            let block = try SolvedBlock(try chain.job(of: template)).assembled()
            return (try await chain.submit(block), try await chain.submit(block))
        }
        let amount = try await answer { $0.coinbaseValue += 1 }
        #expect(amount.first == final("bad-cb-amount"))
        #expect(amount.again == final("duplicate-invalid"))
        #expect(try await answer { $0.height += 1 }.first == final("bad-cb-height"))
        #expect(try await answer { $0.transactions.swapAt(0, 1) }.first == final("bad-witness-merkle-match"))
        #expect(try await answer { $0.transactions.remove(at: 0) }.first == final("bad-witness-merkle-match"))
        #expect(try await answer { $0.defaultWitnessCommitment = nil }.first == final("unexpected-witness"))
        #expect(try await answer { $0.bits = "207ffffe" }.first == final("bad-diffbits"))
        // The parent may come yet.
        let orphan = try await answer { $0.previousBlockHash = String(repeating: "7", count: 64) }
        #expect(orphan.first == .rejected(reason: "prev-blk-not-found", canChange: true))
        #expect(orphan.again == orphan.first)
    }

    private func expectTimesRefused(of job: Job, on chain: MWEBChain) async throws {
        let early = try SolvedBlock(job, time: UInt32(job.template.minimumTime - 1))
        #expect(try await chain.submit(try early.assembled()) == final("time-too-old"))
        let late = try SolvedBlock(job, time: UInt32(job.template.currentTime + 3 * 3600))
        #expect(
            try await chain.submit(try late.assembled()) == .rejected(reason: "time-too-new", canChange: true))
    }

    /// Blocks that are no blocks: without work, or with something else than the extension block behind the transactions.
    private func expectMalformedRefused(of job: Job, on chain: MWEBChain) async throws {
        let missed = try SolvedBlock(job, misses: true)
        #expect(try await chain.submit(try missed.assembled()) == final("high-hash"))

        let block = try SolvedBlock(job)
        var withoutExtension = job
        withoutExtension.template.mweb = nil
        let cut = try BlockAssembly.block(withoutExtension, header: block.header, coinbase: block.coinbase)
        guard case .rejected(let reason, canChange: false) = try await chain.submit(cut) else {
            Issue.record("a block without its last part was not refused for good")
            return
        }
        #expect(reason.contains("-22"))
        #expect(try await chain.submit(cut + [0]) == final("mweb-missing"))
    }

    /// A second block on the parent of the newest one: neither right nor wrong while the other chain is the best.
    private func expectSiblingsInconclusive(of block: SolvedBlock, on chain: MWEBChain) async throws {
        let sibling = try SolvedBlock(block.job, extranonce: Array(101...112))
        #expect(try await chain.submit(try sibling.assembled()) == .inconclusive)
        // It has it now, and that is all it says: its place in the chain has to be asked for.
        #expect(try await chain.submit(try sibling.assembled()) == .duplicate)
        #expect(try await chain.client.bestBlockHash() == block.hash)
    }

    @Test func `a block whose parent comes later is taken then`() async throws {
        try await withHTTPClient { http in
            let chain = try await MWEBChain.start(height: 20) { CoinDaemonClient($0, http: http) }
            let parent = try SolvedBlock(try await chain.job())
            var template = parent.job.template
            template.previousBlockHash = parent.hash
            template.height += 1
            template.currentTime += 1
            let child = try SolvedBlock(try chain.job(of: template))
            let early = try await chain.submit(try child.assembled())
            #expect(early == .rejected(reason: "prev-blk-not-found", canChange: true))
            #expect(try await chain.submit(try parent.assembled()) == .accepted)
            #expect(try await chain.submit(try child.assembled()) == .accepted)
            #expect(try await chain.client.bestBlockHash() == child.hash)
        }
    }
}
