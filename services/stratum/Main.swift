internal import EventLoop
internal import Foundation
internal import Mesh
internal import Redis
internal import ServiceKit
internal import ServiceLifecycle

/// The stratum server: gives miners the work of the jobmanagers, checks their shares, and passes found blocks on.
@main
enum Main {
    static func main() async {
        await runService(StratumConfiguration.self, metadataProvider: .trace) { runtime in
            let (configuration, common, logger) = (runtime.configuration, runtime.common, runtime.logger)
            let loop = try EventLoop(logger: logger)
            let redis = try runtime.stateClient(on: loop)
            let recorder = StateRecorder(
                redis, namespace: common.namespace, server: common.instance, logger: logger)
            let blocks = BlockSubmitter(
                FoundBlockSpool(path: configuration.spoolOfInstance), logger: logger, heard: recorder.found)
            let shares = try await ShareQueue(configuration.shares, readiness: runtime.readiness, logger: logger)
            var options = try configuration.options()
            options.limits.connections = OpenFiles.fit(options.limits.connections, logger: logger)
            let parts = PoolParts(
                options, recorder: recorder, blocks: blocks, shares: shares,
                wallClockMilliseconds: { Int64(Date().timeIntervalSince1970 * 1000) }, logger: logger)
            let server = StratumServer(parts, readiness: runtime.readiness)
            let feed = JobFeed(
                parts.board, ageLimit: configuration.jobAge, readiness: runtime.readiness, logger: logger,
                hand: server.hand)
            let mesh = try MeshMember(
                runtime, offering: StratumService(server, feed: feed, shares: shares).definition, on: loop)
            let name = InstanceName(service: StratumConfiguration.service, instance: common.instance)
            // Shut down in reverse: miners leave first, while jobs still come, and blocks and shares are still taken. Then those who count
            // read what came last; the queue closes behind the mesh through which they do.
            return [
                Scope("redis") { await redis.run() },
                recorder,
                shares,
                mesh,
                Scope("replicas of shares") { await shares.replicate(on: mesh.node) },
                AtShutdown("readers of shares") { await shares.letReadersFinish(within: .seconds(1)) },
                Scope("blocks") { await blocks.run(with: MeshJobmanagers(node: mesh.node)) },
                Scope("jobs") { try await feed.run(on: mesh.node) },
                Scope("extranonces") { await parts.extranonces.run(on: mesh.node, as: name) },
                server,
            ]
        }
    }
}
