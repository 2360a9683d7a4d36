internal import Foundation
internal import Glibc
internal import Logging
internal import Mesh
internal import Mining
internal import TestSupport
internal import Testing

@testable internal import stratum

/// Found blocks while processes are killed between the job and the block: real jobmanagers, coin daemons and Redis, and the
/// submitter of the stratum server with a spool of its own.
@Suite(.serialized) struct FoundBlockTests {
    /// A submitter in the pool's mesh, with the newest job that the jobmanagers agree on.
    private struct Scene: Sendable {
        let pool: Pool
        let submitter: BlockSubmitter
        let job: Job

        /// The same work as a jobmanager with another tag would have published it: one that is gone, with all that knew the job.
        var forgottenJob: Job {
            Job(
                template: job.template, position: job.position, payouts: job.payouts, tag: "forgotten",
                algorithm: job.algorithm, createdAtMilliseconds: 0)
        }

        /// The block of a job, found as a miner finds it.
        func solve(_ job: Job) throws -> FoundBlock {
            let work = try Work(job)
            let extranonce = [UInt8](repeating: 9, count: work.extranonceBytes)
            for nonce in UInt32.zero... {
                let header = work.header(
                    Solution(extranonce: extranonce, time: work.time, nonce: nonce, version: work.version))
                guard try work.algorithm.algorithm.hash(header: header) <= work.networkTarget else { continue }
                return FoundBlock(
                    job: job, header: header, coinbase: work.coinbase(extranonce),
                    hash: BlockAssembly.hash(header: header), height: work.height, worker: "test.1",
                    foundAtMilliseconds: 0)
            }
            throw TestSupportError("no nonce is left")
        }

        /// Waits until every coin daemon has the block in its chain.
        func waitUntilAccepted(_ block: FoundBlock, within deadline: Duration) async throws {
            try await eventually(within: deadline, "the block is accepted") {
                try pool.chain.nodes.allSatisfy { try $0.call("getbestblockhash", as: String.self) == block.hash }
            }
            try await eventually("it is decided") { submitter.undecided.isEmpty }
        }
    }

    private func withScene(_ body: @escaping @Sendable (Scene) async throws -> Void) async throws {
        let folder = try TemporaryFolder("found-blocks")
        let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        try await withPool { pool in
            try pool.chain.nodes[0].generate(3)
            try await withNode(pool) { mesh in
                let submitter = BlockSubmitter(FoundBlockSpool(path: folder.path), logger: silent)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await submitter.run(with: MeshJobmanagers(node: mesh.node)) }
                    defer { group.cancelAll() }
                    let job = try await agreedJob(pool, mesh.node)
                    try await body(Scene(pool: pool, submitter: submitter, job: job))
                }
            }
        }
    }

    /// The job of the newest block, once every jobmanager is known to the node and has it.
    private func agreedJob(_ pool: Pool, _ node: MeshNode) async throws -> Job {
        var jobs: [Job] = []
        try await eventually(within: .seconds(20), "the jobmanagers have the job at height 4") {
            jobs = []
            for process in pool.jobmanagers {
                let name = InstanceName(service: "jobmanager", instance: process.name)
                jobs.append(try await node.call(.instance(name), "current", as: Job.self))
            }
            return Set(jobs.map(\.id)).count == 1 && jobs[0].template.height == 4
        }
        return jobs[0]
    }

    private func kill(_ process: SupervisedProcess) throws { try process.current().signal(SIGKILL) }

    @Test func `the server that holds it is killed: its next life has it accepted once a jobmanager is there`()
        async throws
    {
        try await withPool { pool in
            let server = try await StratumProcess("stratum-1", in: pool, port: FreePort.pick())
            try await server.process.waitForLine { $0.contains("new work") }
            for process in pool.jobmanagers {
                process.doNotRestart()
                try kill(process)
            }
            let spool = server.spool.path + "/stratum-1"
            func blocks() throws -> Set<String> {
                Set(
                    try FileManager.default.contentsOfDirectory(atPath: spool)
                        .filter { $0.hasSuffix(".block") }.map { String($0.dropLast(6)) })
            }
            let rig = try ChildProcess.start(
                Program.built("headframe"), miner(at: server.url, user: "me.rig", "--duration", "60"))
            try await eventually(within: .seconds(30), "a block is on the disk") { try !blocks().isEmpty }
            try await server.process.kill()
            try await rig.kill()
            let found = try blocks()
            for node in pool.chain.nodes { #expect(try node.call("getblockcount", as: Int.self) == 0) }

            let next = try await StratumProcess("stratum-1", in: pool, port: FreePort.pick(), spool: server.spool)
            try await next.process.waitForLine { $0.contains("a found block of before is submitted again") }
            let jobmanager = try ChildProcess.start(
                Program.built("jobmanager"), pool.arguments("jobmanager-1", ports: PortBlock.pick()))
            // Where there are several, they are rivals: each daemon takes the one that comes first.
            var tips: Set<String> = []
            try await eventually(within: .seconds(30), "every daemon has one of them: \(tips)") {
                tips = Set(try pool.chain.nodes.map { try $0.call("getbestblockhash", as: String.self) })
                return tips.isSubset(of: found)
            }
            try await eventually(within: .seconds(30), "what is accepted leaves the disk") {
                try blocks().isDisjoint(with: tips)
            }
            _ = try await jobmanager.terminate()
            _ = try await next.process.terminate()
        }
    }

    @Test func `its jobmanager is killed between the job and the block: accepted through the other one`() async throws {
        try await withScene { scene in
            let block = try scene.solve(scene.job)
            scene.pool.jobmanagers[0].doNotRestart()
            try kill(scene.pool.jobmanagers[0])
            scene.submitter.found(block)
            try await scene.waitUntilAccepted(block, within: .seconds(5))
        }
    }

    @Test func `all jobmanagers are killed: accepted when one of them is back`() async throws {
        try await withScene { scene in
            let block = try scene.solve(scene.job)
            scene.pool.jobmanagers[0].doNotRestart()
            for process in scene.pool.jobmanagers { try kill(process) }
            scene.submitter.found(block)
            try await scene.waitUntilAccepted(block, within: .seconds(30))
        }
    }

    @Test func `one is killed while Redis is stopped: accepted through the other one`() async throws {
        try await withScene { scene in
            let block = try scene.solve(scene.job)
            scene.pool.jobmanagers[0].doNotRestart()
            try await scene.pool.redis.kill()
            try kill(scene.pool.jobmanagers[0])
            scene.submitter.found(block)
            try await scene.waitUntilAccepted(block, within: .seconds(5))
        }
    }

    @Test func `all are killed while Redis is stopped: accepted when both are back, though nobody knows the job`()
        async throws
    {
        try await withScene { scene in
            let block = try scene.solve(scene.forgottenJob)
            try await scene.pool.redis.kill()
            for process in scene.pool.jobmanagers { try kill(process) }
            scene.submitter.found(block)
            #expect(scene.submitter.undecided == [block.hash])
            try await scene.pool.redis.restart()
            try scene.pool.redis.command("FLUSHALL")
            try await scene.waitUntilAccepted(block, within: .seconds(60))
        }
    }
}
