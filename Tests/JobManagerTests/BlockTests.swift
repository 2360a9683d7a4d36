internal import AsyncHTTPClient
internal import CoinDaemon
internal import Logging
internal import Mining
internal import TestSupport
internal import Testing

@testable internal import jobmanager

/// Found blocks handed in to real daemons.
@Suite struct BlockTests {
    /// A jobmanager at work, and what it writes.
    struct Bench: Sendable {
        let manager: JobManager
        let publisher: RecordingPublisher
        let ledger: MemoryLedger

        /// Hands a block in.
        func submit(
            _ job: Job, _ header: [UInt8], _ coinbase: [UInt8], sending sent: Job? = nil
        ) async throws -> BlockVerdict {
            try await manager.submitBlock(
                jobID: job.id, header: Hex.encode(header), coinbase: Hex.encode(coinbase), job: sent)
        }

        func solve(_ job: Job, miner: UInt8 = 1, sending sent: Job? = nil) async throws -> BlockVerdict {
            let solver = try Solver(job, miner: miner)
            return try await submit(job, solver.header(), solver.coinbase, sending: sent)
        }
    }

    private func withBench(
        _ daemons: [LitecoinNode], deadline: Duration = .seconds(8), _ body: (Bench) async throws -> Void
    ) async throws {
        var options = JobManagerOptions(daemons: try daemons.map { try DaemonEndpoint(parsing: $0.address) })
        options.submitDeadline = deadline
        try await withHTTPClient { http in
            let (publisher, ledger) = (RecordingPublisher(), MemoryLedger())
            let manager = JobManager(
                options, http: http, store: MemoryStore(), ledger: ledger, wallClockMilliseconds: { 0 },
                logger: .silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await manager.run(publishingTo: publisher) }
                defer { group.cancelAll() }
                try await body(Bench(manager: manager, publisher: publisher, ledger: ledger))
            }
        }
    }

    private func firstJob(_ bench: Bench) async throws -> Job {
        try await eventually("a job") { !bench.publisher.jobs.isEmpty }
        return try bench.manager.current()
    }

    @Test func `a block is accepted by every daemon, and handed in twice it is one block`() async throws {
        let network = try await LitecoinNetwork.start()
        try await withBench(network.nodes) { bench in
            let job = try await firstJob(bench)
            let solver = try Solver(job)
            let (header, coinbase) = (try solver.header(), solver.coinbase)
            async let first = bench.submit(job, header, coinbase)
            async let second = bench.submit(job, header, coinbase)
            let verdicts = [try await first, try await second, try await bench.submit(job, header, coinbase)]
            #expect(verdicts.map(\.outcome) == [.accepted, .accepted, .accepted])
            #expect(verdicts[0].hash == BlockAssembly.hash(header: header))
            for node in network.nodes {
                try await eventually("the block is everywhere") {
                    try node.call("getbestblockhash", as: String.self) == verdicts[0].hash
                }
            }
            try await eventually("it is written, with what each daemon said") {
                bench.ledger.recorded.last?.reasons.values.allSatisfy { $0 == "accepted" } == true
            }
            #expect(Set(bench.ledger.recorded.map(\.hash)) == [verdicts[0].hash])
            #expect(bench.ledger.recorded.last?.height == 1)
        }
    }

    @Test func `a job that is not known is asked for, and believed only under its own id`() async throws {
        let network = try await LitecoinNetwork.start()
        try await withBench([network.nodes[0]]) { bench in
            let current = try await firstJob(bench)
            // As another jobmanager would have made it, which is gone.
            let foreign = Job(
                template: current.template, position: current.position, payouts: [.toAnybody], tag: "elsewhere",
                algorithm: .scrypt, createdAtMilliseconds: 0)
            let unknown = try await bench.solve(foreign)
            #expect(unknown.outcome == .unknownJob)

            var forged = foreign
            forged.payouts = [Payout(script: "52", weight: 1)]
            await #expect {
                _ = try await bench.solve(forged, sending: forged)
            } throws: { ($0 as? JobManagerError)?.code == .invalidArgument }

            #expect(try await bench.solve(foreign, sending: foreign).outcome == .accepted)
        }
    }

    @Test func `what is no block bothers no daemon`() async throws {
        let network = try await LitecoinNetwork.start()
        try await withBench([network.nodes[0]]) { bench in
            let job = try await firstJob(bench)
            let solver = try Solver(job)
            let high = try await bench.submit(job, solver.header(isBlock: false), solver.coinbase)
            #expect(high.outcome == .rejected)
            #expect(high.reasons["jobmanager"]?.hasPrefix("high-hash") == true)

            let other = try Solver(job, miner: 2)
            let mixed = try await bench.submit(job, solver.header(), other.coinbase)
            #expect(mixed.outcome == .rejected)
            for (header, coinbase) in [("00", "00"), (String(repeating: "zz", count: 80), "00")] {
                await #expect {
                    _ = try await bench.manager.submitBlock(
                        jobID: job.id, header: header, coinbase: coinbase, job: nil)
                } throws: { ($0 as? JobManagerError)?.code == .invalidArgument }
            }
            #expect(try network.nodes[0].call("getblockcount", as: Int.self) == 0)
            #expect(bench.ledger.recorded.isEmpty)
        }
    }

    @Test func `a sibling is orphaned, and a block that breaks a rule is rejected for good`() async throws {
        let network = try await LitecoinNetwork.start()
        try await withBench([network.nodes[0]]) { bench in
            let job = try await firstJob(bench)
            #expect(try await bench.solve(job, miner: 1).outcome == .accepted)
            let sibling = try await bench.solve(job, miner: 2)
            #expect(sibling.outcome == .orphaned)

            var template = job.template
            template.coinbaseValue += 1
            let greedy = Job(
                template: template, position: job.position, payouts: job.payouts, tag: job.tag,
                algorithm: job.algorithm, createdAtMilliseconds: 0)
            let late = try await bench.solve(greedy, miner: 3, sending: greedy)
            // Beside the best chain nobody has counted its coins yet.
            #expect(late.outcome == .orphaned)

            try await eventually("the next job") { try bench.manager.current().id != job.id }
            var next = try bench.manager.current()
            next.template.coinbaseValue += 1
            next = Job(
                template: next.template, position: next.position, payouts: next.payouts, tag: next.tag,
                algorithm: next.algorithm, createdAtMilliseconds: 0)
            let verdict = try await bench.solve(next, sending: next)
            #expect(verdict.outcome == .rejected)
            #expect(verdict.reasons.values.contains("bad-cb-amount"))
            try await eventually("all are written") {
                let outcomes = Dictionary(bench.ledger.recorded.map { ($0.hash, $0.outcome.rawValue) }) { $1 }
                return outcomes.values.sorted() == ["accepted", "orphaned", "orphaned", "rejected"]
            }
        }
    }

    @Test func `with a daemon away it is accepted by the other; with all away undecided until one is back`()
        async throws
    {
        let network = try await LitecoinNetwork.start()
        let daemons = Array(network.nodes[0...1])
        try await withBench(daemons, deadline: .seconds(2)) { bench in
            let job = try await firstJob(bench)
            try await daemons[0].kill()
            let start = ContinuousClock.now
            #expect(try await bench.solve(job).outcome == .accepted)
            #expect(ContinuousClock.now - start < .seconds(1), "the one that is away is not waited for")

            try await eventually("the next job") { try bench.manager.current().id != job.id }
            let next = try bench.manager.current()
            try await daemons[1].kill()
            let undecided = try await bench.solve(next)
            #expect(undecided.outcome == .undecided)
            #expect(undecided.reasons.count == 2)
            try await daemons[1].restart()
            try await eventually(within: .seconds(30), "it is accepted") {
                try await bench.solve(next).outcome == .accepted
            }
        }
    }
}
